"""The printed figures beside ours: intervals, joint tests, Holm's correction, verdicts."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.printed_table import row, table

from analysis.printed.comparison import (
    LEVEL,
    OFFICIAL,
    Comparison,
    compare,
    training_command,
)
from analysis.printed.joint_test import (
    PValues,
    assess,
    joint_p_value,
    own_statistics,
    rank_p_value,
    tail_degrees,
)
from analysis.printed.table import read_printed
from analysis.reading.runs import PARAMS


def within_binomial_bounds(count, n, share):
    """Whether a count is one that chance gives in all but one of 10,000 repetitions."""
    low, high = stats.binom.interval(0.9999, n, share)
    return low <= count <= high


def test_the_joint_test_of_one_figure_is_student_s_for_one_more_draw():
    sample = np.random.default_rng(2).normal(size=25)
    t = (1.7 - sample.mean()) / (sample.std(ddof=1) * np.sqrt(1 + 1 / 25))
    expected = 2 * stats.t.sf(abs(t), 24)
    assert joint_p_value(sample[:, None], np.array([1.7])) == pytest.approx(expected)


def correlated(rng, count):
    """Draws of five figures of which neighbours correlate, on very different scales."""
    steps = rng.normal(size=(count, 5)).cumsum(axis=1)
    return 3 + steps * [1, 1e-3, 1e3, 1, 1]


def test_the_joint_test_is_hotelling_s_by_the_inverse_covariance():
    rng = np.random.default_rng(3)
    sample, (point,) = correlated(rng, 80), correlated(rng, 1)
    difference = point - sample.mean(axis=0)
    squared = difference @ np.linalg.inv(np.cov(sample.T)) @ difference
    expected = stats.f.sf(squared * 80 * (80 - 5) / ((80 + 1) * (80 - 1) * 5), 5, 75)
    assert joint_p_value(sample, point) == pytest.approx(expected, rel=1e-6)


def test_both_joint_tests_reject_a_draw_of_the_same_distribution_as_often_as_they_say():
    rng = np.random.default_rng(4)
    repetitions = 1500
    joint, rank = 0, 0
    for _ in range(repetitions):
        *sample, point = correlated(rng, 61)
        joint += joint_p_value(np.array(sample), point) < 0.05
        rank += rank_p_value(np.array(sample), point) <= 3 / 61
    assert within_binomial_bounds(joint, repetitions, 0.05)
    assert within_binomial_bounds(rank, repetitions, 3 / 61)


def test_a_draw_that_is_odd_only_in_its_correlation_is_found():
    rng = np.random.default_rng(5)
    common = rng.normal(size=(100, 1))
    sample = common + 0.05 * rng.normal(size=(100, 2))
    odd = np.array([1.0, -1.0])  # each alone is an ordinary value
    assert joint_p_value(sample, odd) < 1e-6
    assert rank_p_value(sample, odd) == pytest.approx(1 / 101)


def test_a_figure_that_copies_another_counts_once():
    rng = np.random.default_rng(6)
    sample, (point,) = correlated(rng, 70), correlated(rng, 1)
    doubled, twice = np.hstack([sample, sample[:, :1]]), np.append(point, point[0])
    assert joint_p_value(doubled, twice) == pytest.approx(joint_p_value(sample, point), rel=1e-6)
    assert joint_p_value(doubled, np.append(point, point[0] + 1)) == 0


def frames_like(printed, rng, count, *, diverged=0):
    """Frames of `count` runs around the printed figures; the last `diverged` end before step 4."""
    runs, epochs = [], []
    for number in range(count):
        lost = number >= count - diverged
        runs.append(
            {
                **dict.fromkeys(PARAMS, 0),
                **printed.settings,
                "data.train_limit": 60_000,
                "data.test_limit": 10_000,
                "epochs": 5,
                "seed": number,
                "order_seed": number,
                "run_id": f"{printed.source}{printed.lr}{number}",
                "outcome": "diverged" if lost else "trained",
                "diverged_epoch": 4 if lost else np.nan,
            }
        )
        shift = rng.normal()
        for step in range(1, 4 if lost else 6):
            row = {"run_id": runs[-1]["run_id"], "epoch": step}
            for figure in printed.figures:
                if figure.step == step:
                    noise = 0.02 * shift + 0.01 * rng.normal()
                    row[figure.metric] = figure.value * (1 + noise)
            epochs.append(row)
    return pd.DataFrame(runs), pd.DataFrame(epochs)


def test_sequences_are_judged_together_with_holm_s_correction(sequence):
    rng = np.random.default_rng(7)
    printed = [sequence("article", lr) for lr in (0.1, 0.01)] + [sequence("lesson-copy-a", 0.1)]
    frames = [frames_like(one, rng, 65) for one in printed[:2]]
    moved = frames[1][1]  # what the second sequence is compared with is not what was printed
    moved["test_acc_batch_mean"] *= 1.5
    runs, epochs = (pd.concat(parts, ignore_index=True) for parts in zip(*frames, strict=True))
    first, second, third = compare(printed, runs, epochs)
    assert (first.runs, first.alive, first.lost) == (65, 65, 0)
    assert first.verdict == "not distinguishable"
    assert second.verdict == "not consistent"
    assert second.rank_p_value == pytest.approx(1 / 66)
    assert third.alive == 65  # the article's settings are its own too
    ordered = sorted([first, second, third], key=lambda one: one.p_value)
    by_hand, highest = [], 0.0
    for place, one in enumerate(ordered):
        highest = max(highest, min(1, one.p_value * (3 - place)))
        by_hand.append(highest)
    assert [one.p_holm for one in ordered] == pytest.approx(by_hand)
    for check in first.checks:
        assert check.low <= check.median <= check.high
        assert check.inside == (check.low <= check.figure.value <= check.high)
    assert all(check.percentile < 1 for check in second.checks if "test" in check.figure.metric)


def test_a_sequence_with_too_few_runs_has_no_verdict_and_one_without_runs_is_left_out(sequence):
    rng = np.random.default_rng(8)
    printed = [sequence("article", 0.1), sequence("article", 1.0)]
    runs, epochs = frames_like(printed[0], rng, 62, diverged=5)
    (compared,) = compare(printed, runs, epochs)
    assert (compared.runs, compared.alive, compared.verdict) == (62, 57, "too few runs")
    assert compared.p_value is None
    assert all(check.low is not None for check in compared.checks)
    assert (
        training_command(printed[0], compared, OFFICIAL) == "lrstudy -m lr=0.1 'seed=range(1,67)'"
    )
    assert training_command(printed[1], None, OFFICIAL) == (
        "lrstudy -m lr=1 division=python2 'seed=range(1,61)'"
    )
    small = runs["seed"] < 30
    (compared,) = compare(printed, runs[small], epochs)
    assert [check.low for check in compared.checks] == [None] * 15


def test_a_printed_divergence_counts_ours_by_then(sequence):
    rng = np.random.default_rng(9)
    printed = sequence("lesson-copy-d", 0.5)
    runs, epochs = frames_like(printed, rng, 70, diverged=20)
    (compared,) = compare([printed], runs, epochs)
    assert (compared.alive, compared.lost) == (70, 20)


def test_runs_in_a_few_orders_are_no_draws_for_a_verdict(sequence):
    """At a small spread of the initial parameters the order decides nearly everything."""
    rng = np.random.default_rng(10)
    printed = sequence("article", 0.1)
    runs, epochs = frames_like(printed, rng, 65)
    runs["order_seed"] = runs["seed"] % 2
    (compared,) = compare([printed], runs, epochs)
    assert (compared.alive, compared.orders, compared.verdict) == (33, 1, "too few orders")
    assert compared.p_value is None

    assert {(check.low, check.high) for check in compared.checks} == {(None, None)}


def test_our_own_runs_are_rejected_as_often_as_the_level_says_where_they_are_normal():
    rng = np.random.default_rng(11)
    own = np.concatenate(
        [[one.p_value() for one in own_statistics(correlated(rng, 60))] for _ in range(25)]
    )
    assert within_binomial_bounds((own < 0.05).sum(), 25 * 60, 0.05)


def heavy_tailed(rng, count):
    """`correlated` draws, of which a whole run is sometimes far off: a multivariate t of 4."""
    return correlated(rng, count) / np.sqrt(rng.chisquare(4, size=(count, 1)) / 4)


def test_where_tails_are_heavy_the_assumption_decides_and_ours_are_rejected_less_often():
    rng = np.random.default_rng(12)
    level, normal, ours, fitted = 0.005, 0, 0, []
    for _ in range(12):
        sample = heavy_tailed(rng, 90) - 3
        own = own_statistics(sample)
        fitted.append(tail_degrees(own))
        _, largest = assess(sample, sample.mean(axis=0))
        normal += sum(one.p_value() < level for one in own)
        ours += int((largest < level).sum())
    assert np.median(fitted) < 20  # of a normal sample nearly 85
    assert normal > 4 * level * 12 * 90  # as many as Holm's correction must not meet
    assert ours < normal / 2
    own = own_statistics(correlated(rng, 90))
    assert tail_degrees(own) > 30


@pytest.fixture
def compared(sequence):
    """The article's row of 0.1 beside 70 runs, with these p-values."""

    def beside(p_values, **fields):
        values = {**dict.fromkeys(("runs", "alive", "orders"), 70), "lost": 0, "checks": ()}
        return Comparison(sequence("article", 0.1), **values, p_values=p_values, **fields)

    return beside


def test_a_verdict_that_depends_on_the_assumption_is_undecided(compared):
    odd = PValues(0.001, 0.004, 0.06)
    assert compared(odd, p_holm=0.06, least_p_holm=0.001).verdict == "undecided"
    assert compared(odd, p_holm=0.04, least_p_holm=0.001).verdict == "not consistent"
    assert compared(odd, p_holm=0.06, least_p_holm=0.06).verdict == "not distinguishable"
    assert compared(odd).p_value == 0.06


def test_own_rejections_are_counted_where_holm_s_correction_begins(compared):
    own = (0.001, 0.004, 0.02, *[0.5] * 97)
    found = compared(PValues(0.1, 0.1, 0.1), own_p_values=own, judged=10)
    assert (found.own_rejected, found.own_rejected_corrected) == (0.03, 0.02)
    assert LEVEL / 10 == 0.005


def test_a_training_that_printed_nan_at_once_is_put_beside_the_lost_runs(tmp_path):
    (found,) = read_printed(table(tmp_path, row(train_loss="nan", train_acc="")))
    assert (found.figures, found.diverged_step) == ((), 1)
    runs, epochs = frames_like(found, np.random.default_rng(1), 70, diverged=20)
    (compared,) = compare([found], runs, epochs.assign(train_loss_batch_mean=1.0))
    assert (compared.verdict, compared.runs, compared.lost) == ("no figure", 70, 0)
    assert training_command(found, compared, OFFICIAL) is None
