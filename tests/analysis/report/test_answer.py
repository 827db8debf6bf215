"""What a study says in three sentences; each number from the runs, made here by hand."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.printed.comparison import Comparison
from analysis.printed.joint_test import PValues
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
    return summarise(*frames_of(*groups))


def warned_of(*groups):
    return warnings(summary_of(*groups), *frames_of(*groups))


def sentences(*groups, comparisons=(), frozen=()):
    return answer(summary_of(*groups), *frames_of(*groups), comparisons, dict(frozen))


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
        "95 % interval 0.5000 to 0.5000; 6 of 6 runs survived), "
        "by 0.3000 (0.3000 to 0.3000) or more."
    )
    assert lost == "None of the 18 runs diverged."


def test_a_lucky_survivor_is_not_the_best():
    """One run at 0.9 and three that died are worth (0.9 + 0.3) / 4 = 0.3 on average."""
    lucky = some_runs([0.9, 0.1, 0.1, 0.1], lr=1.0)
    lucky.loc[1:, "outcome"] = "diverged"
    best, lost, _ = sentences(lucky, some_runs([0.4] * 4))
    assert "that of 0.1 (mean test accuracy 0.4000; 4 of 4 runs survived)" in best
    assert best.endswith(" A run that diverged scores what it scored before training.")
    assert lost.endswith("infinite): 3 of 4 at 1.")


def test_a_stalled_setting_is_not_called_the_best():
    best, lost, _ = sentences(some_runs([0.9, 0.9], "stalled", lr=1.0), some_runs([0.5, 0.6]))
    assert "is 0.1 (mean" in best
    assert "1 (" not in best.replace("0.1 (", "")
    assert lost == "None of the 4 runs diverged; 2 stalled, never better than untrained."


def test_what_else_varies_is_named():
    few = (some_runs([0.7, 0.8], batch_size=64), some_runs([0.5, 0.6, 0.6], batch_size=256))
    best, *_ = sentences(*few)
    assert best.startswith("The only learning rate is 0.1 (mean test acc")
    assert best.endswith(
        " All this is at batch size 256. Fewer than two settings have 5 runs, so none is called "
        "the best of all."
    )


def test_the_best_of_all_settings_is_one_with_an_interval():
    """Batch size 64 is better on every seed; batch size 32 has the highest mean, of two runs."""
    settings = (
        some_runs([0.7, 0.72, 0.69, 0.7, 0.71, 0.7], batch_size=64),
        some_runs([0.5, 0.52, 0.51, 0.5, 0.49, 0.5, 0.5], batch_size=256),
        some_runs([0.9, 0.9], batch_size=32),
    )
    best, *_ = sentences(*settings)
    assert re.search(
        r"Of all 2 settings with 5 runs or more the best is pick_log at 0\.1 with batch size 64 "
        r"\(0\.7033\), by 0\.2\d{3} \(0\.1\d{3} to 0\.2\d{3}\) or more\.$",
        best,
    )


def scattered(mean, amount, count=8, **keys):
    """Runs whose accuracies lie around their mean, by turns above and below."""
    return some_runs([mean + amount * (-1) ** seed for seed in range(count)], **keys)


def test_a_tie_says_how_many_more_seeds_would_settle_it():
    """The difference is 0.12 on seven seeds and -0.6 on the one that diverged, by Student's t."""
    risky = scattered(0.8, 0.02, lr=1.0)
    risky.loc[0, "outcome"] = "diverged"
    best, *_ = sentences(risky, scattered(0.68, 0.02))
    differences = np.array([0.1 - 0.7, *[0.12] * 7])
    needed = next(
        n
        for n in range(9, 2000)
        if stats.t.ppf([0.975, 0.8], n - 1).sum() * differences.std(ddof=1) / np.sqrt(n)
        <= differences.mean()
    )
    said = f"About {needed - 8} more seeds in orders of their own with each would settle it"
    assert f" {said}, were the differences as found." in best


def test_a_best_that_pairs_do_not_bear_out_is_a_tie_and_the_safer_one_is_named():
    """1 has the higher mean by 0.04, but the differences go from -0.26 to 0.14, by one death."""
    risky = scattered(0.8, 0.02, lr=1.0)
    risky.loc[0, "outcome"] = "diverged"
    best, *_ = sentences(risky, scattered(0.68, 0.02))
    assert "Of the learning rates 1 and 0.1 the highest mean is that of 1 (mean" in best
    assert (
        "7 of 8 runs survived), a tie with 0.1 (0.6800). The safer, which lost fewer runs, is 0.1."
        in best
    )
    assert "the best" not in best


def test_of_several_settings_that_lost_the_fewest_runs_the_highest_mean_is_named():
    risky = scattered(0.8, 0.02, lr=1.0)
    risky.loc[0, "outcome"] = "diverged"
    best, *_ = sentences(risky, scattered(0.68, 0.02), scattered(0.67, 0.02, lr=0.01))
    assert "2 of these lost the fewest; the highest mean of these is that of 0.1." in best


def test_of_equally_safe_settings_the_cheaper_one_is_named():
    usual = {"data.train_limit": 1024, "epochs": 1}
    slow = scattered(0.71, 0.03, batch_size=64, **usual)
    fast = some_runs([0.7] * 9, batch_size=256, **usual)
    best, *_ = sentences(slow, fast)
    assert "a tie with pick_log at 0.1 (0.7000)" in best
    assert "They lost equally many runs; the cheaper is pick_log at 0.1." in best


def test_each_form_is_ranked_over_its_own_rates_and_forms_over_common_ones():
    best, *_ = sentences(
        some_runs([0.5, 0.51, 0.52, 0.5, 0.49]),
        some_runs([0.3] * 5, lr=0.01),
        some_runs([0.6, 0.61, 0.62, 0.6, 0.59], loss="log_softmax"),
        some_runs([0.8] * 5, loss="log_softmax", lr=1.0),
    )
    assert "With pick_log, of the learning rates 0.1 and 0.01 the best is 0.1 (mean" in best
    assert "With log_softmax, of the learning rates 1 and 0.1 the best is 1 (0.8000," in best
    assert "At the rates that all forms share (0.1) the best is log_softmax at 0.1, by " in best
    assert "1, 0.1 and 0.01" not in best


def test_forms_without_a_common_rate_are_not_compared():
    best, *_ = sentences(
        some_runs([0.5] * 5, lr=0.1), some_runs([0.8] * 5, lr=1.0, loss="log_softmax")
    )
    assert "With pick_log, the only learning rate is 0.1 (" in best
    assert best.endswith("The forms share no learning rate, so they are not compared.")


def test_what_one_order_says_is_said_of_that_order():
    shared = [some_runs([lr] * 6, lr=lr).assign(order_seed=1) for lr in (0.5, 0.2)]
    best, *_ = sentences(*shared)
    assert "6 of 6 runs survived, all in one order)" in best


def test_settings_that_share_no_seeds_are_not_ranked():
    apart = some_runs([0.6] * 6, lr=1.0).assign(seed=range(50, 56), order_seed=range(50, 56))
    best, *_ = sentences(some_runs([0.5] * 6), apart)
    assert "the highest mean is that of 1 (mean" in best
    assert "Too few seeds and orders are shared to compare it with 0.1." in best


@pytest.mark.parametrize(("high", "end"), [(True, "highest"), (False, "lowest")])
def test_a_best_value_at_the_end_of_the_grid_is_warned_of(high, end):
    rates = (0.01, 0.1, 1.0)
    said = warned_of(*(some_runs([lr / 2 if high else 0.6 - lr / 2] * 6, lr=lr) for lr in rates))
    best = rates[-1] if high else rates[0]
    assert len(said) == 1
    assert f"with pick_log is highest at {best:g}, the {end} learning rate of the grid" in said[0]


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
    said = warnings(summarise(runs, epochs), runs, epochs)
    assert not [one for one in said if one.startswith("Training was not over")]


def printed(lr):
    (found,) = [one for one in load_published() if (one.source, one.lr) == ("article", lr)]
    return found


def worth_of(lr, frozen=(), **fields):
    """What is said of the article's row of a learning rate beside 70 runs of ours."""
    alive = fields.pop("alive", 70)
    one = Comparison(printed(lr), 150, alive, alive, 0, (), **fields)
    return sentences(some_runs([0.7]), comparisons=[one], frozen=frozen)[2]


QUESTION = "Here p says how often one more run of ours would lie as far from our mean."


def test_a_row_whose_runs_all_diverged_is_said_to_have_none_left():
    assert worth_of(0.1, alive=0) == (
        "The article's row for learning rate 0.1 had 150 runs of ours with its settings, of "
        "which none was left to compare with."
    )


def test_a_model_that_never_moved_is_said_to_have_had_a_step_of_size_0():
    p_values = PValues(0.39, 0.2, 0.3)
    frozen = {printed(1.0).name: True}.items()
    said = worth_of(1.0, frozen, p_values=p_values, p_holm=1.0, least_p_holm=1.0, judged=9)
    assert printed(1.0).still
    assert said == (
        "The article's row for learning rate 1 is what a model that never moved, or by too little "
        "to show, prints and is "
        "not distinguishable from 70 runs of ours whose step size was 0 (p = 0.39, corrected "
        f"for 9 sequences 1). {QUESTION}"
    )


def test_what_hangs_on_an_assumption_is_undecided_in_the_answer_too():
    odd = PValues(0.001, 0.004, 0.06)
    assert worth_of(0.1, p_values=odd, p_holm=0.06, least_p_holm=0.01, judged=9) == (
        "The article's row for learning rate 0.1 is undecided beside 70 runs of ours (p from "
        f"0.001 to 0.06, by what distribution is assumed). {QUESTION}"
    )
    far = worth_of(0.1, p_values=PValues(1e-6, 1e-7, 1e-8), p_holm=1e-5, least_p_holm=1e-7)
    assert "is not consistent with 70 runs of ours (p < 0.0001)." in far


def test_a_rate_at_which_nothing_learned_is_not_called_the_best_but_is_compared():
    """At 1 the runs of pick_log are lost; that all forms were run there still counts."""
    dead = some_runs([0.1] * 5, "diverged", lr=1.0)
    best, *_ = sentences(dead, some_runs([0.6] * 5, loss="log_softmax", lr=1.0))
    assert "With pick_log nothing learned." in best
    assert "At the rates that all forms share (1) the best is log_softmax at 1" in best
