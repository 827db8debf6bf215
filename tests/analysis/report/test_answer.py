"""What a study says in three sentences; each number from the runs, made here by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.printed.comparison import Comparison
from analysis.printed.published import load_published
from analysis.reading.runs import EPOCH_METRICS, PARAMS
from analysis.report.answer import answer
from analysis.report.caveats import warnings
from analysis.statistics.summaries import summarise

UNJUDGED = "The article's printed table is not judged: no run has its settings."


def some_runs(accuracies, outcome="trained", **keys):
    """Runs of the seeds 1, 2, ... with these final test accuracies; 0.1 while untrained."""
    usual = {"lr": 0.1, "batch_size": 256, "loss": "pick_log", "division": "python3", **keys}
    rows = [
        {
            **dict.fromkeys(PARAMS, 1),
            **usual,
            "seed": seed,
            "order_seed": seed,
            "outcome": outcome,
            **dict.fromkeys(EPOCH_METRICS, accuracy),
            "run_id": f"{usual}{seed}{outcome}",
        }
        for seed, accuracy in enumerate(accuracies, start=1)
    ]
    return pd.DataFrame(rows)


def frames_of(*groups):
    runs = pd.concat(groups, ignore_index=True)
    return runs, runs[["run_id"]].assign(epoch=0, test_acc=0.1)


def summary_of(*groups):
    return summarise(*frames_of(*groups), np.random.default_rng(0))


def warned_of(*groups):
    return warnings(summary_of(*groups), *frames_of(*groups))


def sentences(*groups):
    return answer(summary_of(*groups), [], {})


def test_a_study_in_which_nothing_survived():
    assert sentences(some_runs([0.1, 0.1], "diverged", lr=1.0)) == [
        "None of the 2 runs learned anything.",
        "2 of 2 runs diverged (a loss or parameter became nan or infinite): 2 of 2 at 1.",
        UNJUDGED,
    ]


def test_a_study_of_one_run():
    assert sentences(some_runs([0.7])) == [
        "The only learning rate is 0.1 (a single run, test accuracy 0.7000).",
        "The run did not diverge.",
        UNJUDGED,
    ]


def test_a_single_run_that_diverged():
    assert sentences(some_runs([0.1], "diverged", lr=3.0))[:2] == [
        "The run learned nothing.",
        "The run diverged (a loss or parameter became nan or infinite).",
    ]


def test_learning_rates_nobody_has_tried_before():
    best, lost, _ = sentences(*(some_runs([lr] * 6, lr=lr) for lr in (0.03, 0.5, 0.2)))
    assert best == (
        "Of the learning rates 0.5, 0.2 and 0.03 the best is 0.5 (mean test accuracy 0.5000, "
        "95 % interval 0.5000 to 0.5000; 6 of 6 runs survived, median 0.5000); in these means "
        "runs that diverged count as their untrained models."
    )
    assert lost == "None of the 18 runs diverged."


def test_a_lucky_survivor_is_not_the_best():
    """One run at 0.9 and three that died are worth (0.9 + 0.3) / 4 = 0.3 on average."""
    lucky = some_runs([0.9, 0.1, 0.1, 0.1], lr=1.0)
    lucky.loc[1:, "outcome"] = "diverged"
    best, lost, _ = sentences(lucky, some_runs([0.4] * 4))
    assert "is 0.1 (mean test accuracy 0.4000; 4 of 4 runs survived, median 0.4000)" in best
    assert lost.endswith("infinite): 3 of 4 at 1.")


def test_a_stalled_setting_is_not_called_the_best():
    best, lost, _ = sentences(some_runs([0.9, 0.9], "stalled", lr=1.0), some_runs([0.5, 0.6]))
    assert "is 0.1 (mean" in best
    assert lost == "None of the 4 runs diverged; 2 stalled, never better than untrained."


def test_what_else_varies_is_named():
    best, *_ = sentences(
        some_runs([0.7, 0.8], batch_size=64), some_runs([0.5, 0.6, 0.6], batch_size=256)
    )
    assert best.startswith("The only learning rate is 0.1 (mean test acc")
    assert best.endswith(
        " (all this at batch size 256); of all 2 settings learning rate 0.1, batch size 64 has "
        "the highest mean (0.7500; 2 runs)."
    )


@pytest.mark.parametrize(("high", "end"), [(True, "highest"), (False, "lowest")])
def test_a_best_value_at_the_end_of_the_grid_is_warned_of(high, end):
    rates = (0.01, 0.1, 1.0)
    said = warned_of(*(some_runs([lr / 2 if high else 0.6 - lr / 2] * 6, lr=lr) for lr in rates))
    best = rates[-1] if high else rates[0]
    assert len(said) == 1
    assert f"with pick_log, {best:g}, is the {end} of the grid" in said[0]


def test_a_best_value_inside_the_grid_is_not_warned_of():
    rates = {0.01: 0.5, 0.1: 0.7, 1.0: 0.6}
    assert warned_of(*(some_runs([acc] * 6, lr=lr) for lr, acc in rates.items())) == []


def test_few_survivors_are_warned_of():
    few = some_runs([0.6] * 6, lr=0.2)
    few.loc[2:, "outcome"] = "diverged"
    settings = (some_runs([0.5] * 6, lr=0.01), some_runs([0.7] * 6), few)
    (said,) = warned_of(*settings)
    assert said.startswith("1 of 3 settings has 1 to 4 survivors")


def test_training_that_is_not_over_is_warned_of():
    """At 0.1 the median of the survivors goes from 0.5 to 0.52 in the last epoch; others fall."""
    settings = [some_runs([acc] * 6, lr=lr) for lr, acc in ((0.01, 0.3), (0.1, 0.52), (0.2, 0.4))]
    settings[1].loc[0, ["outcome", "test_acc"]] = "diverged", 0.1
    runs, epochs = frames_of(*settings)
    before = runs[["run_id"]].assign(epoch=1, test_acc=0.5)
    last = runs[["run_id", "test_acc"]].assign(epoch=2)
    epochs = pd.concat([epochs, before, last], ignore_index=True)
    (said,) = warnings(summary_of(*settings), runs, epochs)
    assert said.startswith(
        "Training was not over: in the last of 2 epochs the median test accuracy still rose by "
        "more than 0.01 at 1 of 3 settings with survivors, most (0.020) at learning rate 0.1 "
    )


def test_training_that_is_not_over_is_told_of_the_setting_s_own_runs():
    """Runs of another init_sigma, and of a seed's second order, rise; these settings do not."""
    settings = [some_runs([acc] * 6, lr=lr) for lr, acc in ((0.01, 0.3), (0.1, 0.5), (0.2, 0.4))]
    other = [some_runs([0.9] * 5, lr=lr, init_sigma=0.01) for lr in (0.01, 0.1, 0.2)]
    again = some_runs([0.9] * 6).assign(order_seed=99)
    again["run_id"] += "again"
    runs, epochs = frames_of(*settings, *other, again)
    runs.loc[runs["init_sigma"] != 0.01, "init_sigma"] = 1.0
    before = runs[["run_id"]].assign(epoch=1, test_acc=np.where(runs["test_acc"] == 0.9, 0.1, 0.5))
    last = runs[["run_id", "test_acc"]].assign(epoch=2)
    epochs = pd.concat([epochs, before, last], ignore_index=True)
    said = warnings(summarise(runs, epochs, np.random.default_rng(0)), runs, epochs)
    assert not [one for one in said if one.startswith("Training was not over")]


def test_a_row_whose_runs_all_diverged_is_said_to_have_none_left():
    article = next(one for one in load_published() if one.source == "article" and one.lr == 0.1)
    dead = Comparison(article, 7, 0, 0, 0, ())
    *_, said = answer(summary_of(some_runs([0.7])), [dead], {})
    assert said == (
        "Of the article's printed table, the row of learning rate 0.1 had 7 runs of ours with "
        "its settings, of which none was left to compare with."
    )


def test_a_model_that_never_moved_is_said_to_have_had_a_step_of_size_0():
    article = next(one for one in load_published() if one.source == "article" and one.still)
    assert article.lr == 1
    judged = Comparison(article, 150, 66, 66, 0, (), 0.39, 0.31, 0.09, 1.0)
    *_, said = answer(summary_of(some_runs([0.7])), [judged], {article.name: True})
    assert said == (
        "Of the article's printed table, the row of learning rate 1 is what a model that never "
        "moved prints and is consistent with 66 runs of ours whose step size was 0 (p = 0.39, "
        "corrected 1)."
    )
