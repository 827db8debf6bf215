"""What a study says at first sight; each number from the runs, made here by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.by_setting import (
    contests_of,
    evidence_from,
    frames_of,
    scattered,
    some_runs,
    summary_of,
)
from support.own_run import own_runs

from analysis.printed import Comparison, load_published, own_run
from analysis.printed.joint_test import PValues
from analysis.report.caveats import caveats
from analysis.report.findings import verdicts
from analysis.report.verdicts.article import article_verdict, own_run_verdict, table_verdict
from analysis.report.verdicts.contests import grid_ends
from analysis.report.verdicts.core import at_commonest
from analysis.report.verdicts.deaths import hidden_verdict, killed, killed_verdict
from analysis.report.verdicts.setting import setting_verdict
from analysis.report.verdicts.verdict import LONGEST
from analysis.sections import UserTable
from analysis.statistics import summarise


def said(*groups):
    """The verdicts on these runs, each as its claim and its number."""
    return [tuple(one) for one in verdicts(evidence_from(*groups), contests_of(*groups), frozen={})]


def best(*groups):
    return setting_verdict(contests_of(*groups), summary_of(*groups))


def risky(**keys):
    """Eight runs around 0.8, of which one died."""
    runs = scattered(0.8, 0.02, **keys)
    runs.loc[0, "outcome"] = "diverged"
    return runs


ODD = {"init_sigma": 0.01, "draws": "macos", "division": "python2", "on_divergence": "continue"}
STUDIES = {
    "one run": [some_runs([0.7])],
    "one that died": [some_runs([0.1], "diverged", lr=3.0)],
    "nothing survived": [some_runs([0.1, 0.1], "diverged", lr=1.0)],
    "no death": [some_runs([lr] * 6, lr=lr) for lr in (0.03, 0.5, 0.2)],
    "a tie": [risky(lr=1.0), scattered(0.68, 0.02)],
    "other form survives": [
        some_runs([0.1] * 5, "diverged", lr=1.0),
        some_runs([0.6] * 5, loss="log_softmax", lr=1.0),
    ],
    "long names": [
        some_runs([0.7, 0.71, 0.7, 0.72, 0.7], **ODD),
        scattered(0.7, 0.1, loss="log_softmax", batch_size=64, lr=0.00123),
        scattered(0.7, 0.1, loss="log_softmax", batch_size=64, lr=0.00123, **ODD),
        scattered(0.7, 0.1, count=9, lr=0.00123),
    ],
}


@pytest.mark.parametrize("study", STUDIES)
def test_a_claim_is_one_sentence_of_at_most_fifteen_words(study):
    found = said(*STUDIES[study])
    assert 1 <= len(found) <= 5
    for claim, number in found:
        assert len(claim.split()) <= LONGEST == 15
        assert claim.endswith(".")
        assert number.endswith(".")
        assert "\n" not in claim + number


def test_a_study_in_which_nothing_survived():
    assert said(some_runs([0.1, 0.1], "diverged", lr=1.0)) == [
        ("None of 2 runs learned.", "2 of 2 died."),
        (
            "The article's loss loses every run at learning rate 1.",
            "With the article's loss all 2 runs died. The 95 % interval of the share that dies is "
            "34 to 100 %.",
        ),
    ]


def test_a_study_of_one_run():
    assert said(some_runs([0.7])) == [
        (
            "Only the article's loss at 0.1 was tried.",
            "Mean test accuracy 0.700. None of 1 run died (became nan).",
        )
    ]


def test_the_best_setting_is_named_with_its_accuracy():
    found = best(*(some_runs([lr] * 6, lr=lr) for lr in (0.03, 0.5, 0.2)))
    assert found == (
        "Use the article's loss at 0.5: it is best.",
        "Mean test accuracy 0.500 (95 % interval 0.500 to 0.500). "
        "None of 6 runs died (became nan).",
    )


def test_a_tie_is_called_a_tie_and_the_safer_setting_is_named():
    """1 has the higher mean by 0.04, but the differences go from -0.26 to 0.14, by one death."""
    found = best(risky(lr=1.0), scattered(0.68, 0.02))
    assert found.claim == "Use the article's loss at 0.1: safest of 2 tied settings."
    assert found.number.startswith("Mean test accuracy 0.680 (95 % interval 0.66")


def test_settings_that_share_no_seeds_are_not_called_best():
    apart = some_runs([0.6] * 6, lr=1.0).assign(seed=range(50, 56), order_seed=range(50, 56))
    found = best(some_runs([0.5] * 6), apart)
    assert found.claim == "Too few shared seeds to say which setting is best."
    assert found.number.startswith(
        "Highest of those compared: the article's loss at 1. Mean test accuracy 0.6"
    )
    assert ends_of(some_runs([0.5] * 6), apart) == []


def test_a_name_too_long_for_a_claim_stands_beside_the_number():
    found = best(*STUDIES["long names"])
    assert found.claim == "No setting is best: 2 are tied, the most tested below."
    assert found.number.startswith("The article's loss at 0.00123, ")


def core_of(*groups):
    return at_commonest(summary_of(*groups))


def ends_of(*groups):
    return grid_ends(core_of(*groups), contests_of(*groups))


def test_deaths_that_one_run_hides_are_told_of_the_best_rate_that_has_any():
    lost = some_runs([0.1] * 8, "diverged", lr=1.0)
    found = hidden_verdict(core_of(lost, risky(), scattered(0.5, 0.02, lr=0.01)))
    assert found.claim == "A single run hides that 1 of 8 die at learning rate 0.1."
    assert found.number == (
        "With the article's loss 1 of 8 runs died. The 95 % interval of the share that dies is "
        "2 to 47 %."
    )
    assert hidden_verdict(core_of(lost)) is None


def test_what_kills_a_rate_is_the_loss_where_another_form_is_best_there():
    groups = (
        some_runs([0.1] * 5, "diverged", lr=1.0),
        some_runs([0.5] * 5),
        some_runs([0.6] * 5, loss="log_softmax"),
        some_runs([0.8] * 5, loss="log_softmax", lr=1.0),
    )
    forms = next(one.ranking for one in contests_of(*groups) if one.of_forms)
    found = killed_verdict(killed(core_of(*groups)), forms)
    assert found.claim == (
        "The article's loss kills every run at learning rate 1; the stable loss none."
    )
    assert found.number == (
        "With the article's loss all 5 runs died. The 95 % interval of the share that dies is "
        "57 to 100 %. With the stable loss none died. Both start from initial "
        "\N{GREEK SMALL LETTER SIGMA} 1, from which the stable loss is best at learning rate 1."
    )
    alone = killed_verdict(killed(core_of(*groups)), None)
    assert alone.claim == found.claim
    assert alone.number == f"{found.number.partition(', from')[0]}."
    assert killed(core_of(*groups[1:])) is None


@pytest.mark.parametrize(("high", "end"), [(True, 1.0), (False, 0.01)])
def test_a_best_rate_at_the_end_of_those_tried_is_found(high, end):
    rates = (0.01, 0.1, 1.0)
    groups = [some_runs([lr / 2 if high else 0.6 - lr / 2] * 6, lr=lr) for lr in rates]
    (found,) = ends_of(*groups)
    assert (found["loss"], found["best"]) == ("pick_log", end)
    inside = {0.01: 0.5, 0.1: 0.7, 1.0: 0.6}
    assert ends_of(*(some_runs([acc] * 6, lr=lr) for lr, acc in inside.items())) == []


def test_no_rate_is_sought_beyond_one_that_is_not_recommended():
    """1 has the highest mean; that is a tie, in which 0.1 is the safer."""
    assert ends_of(risky(lr=1.0), scattered(0.68, 0.02), scattered(0.3, 0.02, lr=0.01)) == []


def test_few_survivors_are_warned_of():
    few = some_runs([0.6] * 6, lr=0.2)
    few.loc[2:, "outcome"] = "diverged"
    groups = (some_runs([0.5] * 6, lr=0.01), some_runs([0.7] * 6), few)
    (one,) = caveats(summary_of(*groups), *frames_of(*groups))
    assert one == "1 of 3 settings has 1 to 4 survivors, too few for an interval."
    groups += (some_runs([0.6] * 2, batch_size=64),)
    (one,) = caveats(summary_of(*groups), *frames_of(*groups))
    assert one.startswith("2 of 4 settings have")


def test_training_that_is_not_over_is_warned_of():
    """At 0.1 the median of the survivors goes from 0.5 to 0.52 in the last epoch; others fall."""
    settings = [some_runs([acc] * 6, lr=lr) for lr, acc in ((0.01, 0.3), (0.1, 0.52), (0.2, 0.4))]
    settings[1].loc[0, ["outcome", "test_acc"]] = "diverged", 0.1
    runs, epochs = frames_of(*settings)
    before = runs[["run_id"]].assign(epoch=1, test_acc=0.5)
    last = runs[["run_id", "test_acc"]].assign(epoch=2)
    epochs = pd.concat([epochs, before, last], ignore_index=True)
    (one,) = caveats(summary_of(*settings), runs, epochs)
    assert one == (
        "Training was not over. The article's loss at 0.1 still gained 0.020 in epoch 2, so "
        "longer training may rank the learning rates differently."
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
    assert caveats(summarise(runs, epochs), runs, epochs) == []


def printed(lr):
    (found,) = [one for one in load_published() if (one.source, one.lr) == ("article", lr)]
    return found


def compared(lr, **fields):
    return Comparison(printed(lr), 150, 70, 70, 0, (), **fields)


ALIKE = {"p_values": PValues(0.4, 0.2, 0.3), "p_holm": 1.0, "least_p_holm": 1.0}
APART = {"p_values": PValues(1e-6, 1e-7, 1e-8), "p_holm": 1e-5, "least_p_holm": 1e-7}


def test_the_article_s_rows_are_told_apart():
    rows = [compared(0.1, **ALIKE), compared(1.0, **ALIKE), compared(0.01, **ALIKE)]
    frozen = {printed(1.0).name: True}
    assert article_verdict(rows, frozen).claim == (
        "The article's rows for 0.1 and 0.01 could be ours; that for 1 looks untrained."
    )
    alive = " At 1 it printed losses, not nan: that model did not die."
    assert alive in article_verdict(rows, frozen).number
    assert article_verdict(rows, frozen).number.endswith(" In Python 2 its step 1 / 256 is 0.")
    assert "not nan" not in article_verdict(rows, {}).number
    died = replace(rows[1], printed=replace(rows[1].printed, diverged_step=1))
    assert "not nan" not in article_verdict([rows[0], died], frozen).number
    rows[2] = replace(rows[2], **APART)
    assert article_verdict(rows, frozen).claim == (
        "The article's row for 0.1 could be ours; 0.01 contradicts ours; 1 looks untrained."
    )
    assert article_verdict([compared(0.1)], {}) is None


def test_the_rows_of_a_table_are_counted_with_those_that_cannot_be_judged_yet():
    rows = [compared(0.1, **ALIKE), compared(1.0, **ALIKE), compared(0.01)]
    table = UserTable("mine.csv", [one.printed for one in rows])
    assert table_verdict(table, rows, {}).claim == (
        "Of 3 printed rows 2 could be ours; 1 cannot be judged yet."
    )
    assert table_verdict(table, rows[:2], {}).claim.startswith("Of 3 printed rows 2 could be ours;")
    assert table_verdict(table, rows[2:], {}).claim == (
        "None of the 3 printed rows can be judged yet."
    )


def test_the_article_s_own_run_is_claimed_where_no_other_seed_comes_as_near():
    near = own_run_verdict(own_run(*own_runs(8, others=[0.03, -0.08])))
    assert near.claim == (
        "We found the article's starting weights: its row for 0.1 nearly comes out."
    )
    assert near.number.startswith(
        "In 8 orders of the examples, training losses differ from the printed ones by at most "
    )
    assert near.number.endswith(" The nearest other seed differs by 3 %.")
    assert own_run_verdict(own_run(*own_runs(8, others=[0.001]))) is None
    assert own_run_verdict(None) is None
