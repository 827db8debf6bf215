"""Configurations on the same seeds: differences beside scipy's, pairs and ties by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.reading.runs import PARAMS
from analysis.statistics.intervals import interquartile_mean, iqm_difference, wilson
from analysis.statistics.paired import (
    all_comparisons,
    compare_pairs,
    compare_values,
    probability_of_improvement,
)


def rng():
    return np.random.default_rng(6)


def own(n):
    """Seeds and orders of n runs that share neither."""
    return np.arange(n), np.arange(n)


def pairs(n, spread=0.3):
    """Values of two configurations that share most of what a seed does."""
    shared, first, second = rng().normal(size=(3, n))
    return shared + spread * first + 0.5, shared + spread * second


def test_the_mean_difference_of_symmetric_differences_has_the_paired_t_interval():
    differences = np.array([-0.2, -0.1, 0, 0, 0.1, 0.2]) + 0.07
    second = rng().normal(size=6)
    found = compare_pairs(second + differences, second, *own(6))
    theirs = stats.ttest_rel(second + differences, second).confidence_interval(0.95)
    assert found.pairs == 6
    assert found.mean_difference == pytest.approx((0.07, theirs.low, theirs.high))


def test_the_difference_of_interquartile_means_has_scipy_s_paired_bootstrap():
    first, second = pairs(25)

    def difference(x, y, axis):
        return stats.trim_mean(x, 0.25, axis=axis) - stats.trim_mean(y, 0.25, axis=axis)

    share = stats.norm.cdf(np.sqrt(25 / 24) * stats.t.ppf(0.025, 24))
    interval = stats.bootstrap(
        (first, second), difference, paired=True, n_resamples=20_000, method="percentile",
        confidence_level=1 - 2 * share, random_state=rng(),
    ).confidence_interval  # fmt: skip
    found = iqm_difference(first, second)
    assert found.value == pytest.approx(difference(first, second, -1))
    width = interval.high - interval.low
    assert found[1:] == pytest.approx((interval.low, interval.high), abs=0.05 * width)
    alone = interquartile_mean(first)
    assert found.high - found.low < 0.7 * (alone.high - alone.low)  # what seeds share cancels


def test_equal_values_improve_by_half():
    first, second = np.array([3.0, 1, 2, 2, 0]), np.array([1.0, 2, 2, 2, -1])
    assert probability_of_improvement(first, second, *own(5)) == (0.6, *wilson(3, 5))
    assert probability_of_improvement(second, first, *own(5)).value == pytest.approx(0.4)


def test_fewer_than_five_pairs_are_points():
    found = compare_pairs(np.array([3.0, 1, 2, 2]), np.array([1.0, 2, 2, 2]), *own(4))
    assert found.improvement.value == 0.5
    assert (found.mean_difference.value, found.iqm_difference.value) == (0.25, 0)
    for estimate in (found.improvement, found.mean_difference, found.iqm_difference):
        assert np.isnan(estimate[1:]).all()
    none = compare_pairs(np.array([]), np.array([]), *own(0))
    assert np.isnan([*none.improvement, *none.mean_difference, *none.iqm_difference]).all()


def study(accuracies):
    """Runs, and epochs that say 0.1 of every untrained model; None is a run that diverged.

    `accuracies` are by learning rate, seed and order_seed.
    """
    runs = pd.DataFrame(
        {
            **dict.fromkeys(PARAMS, 1),
            "lr": lr,
            "seed": seed,
            "order_seed": order,
            "test_acc": np.nan if accuracy is None else accuracy,
            "outcome": "diverged" if accuracy is None else "trained",
        }
        for (lr, seed, order), accuracy in accuracies.items()
    )
    runs["run_id"] = np.arange(len(runs))
    return runs, runs[["run_id"]].assign(epoch=0, test_acc=0.1)


def test_learning_rates_are_compared_on_the_seeds_that_both_have():
    values = {0.1: [0.7, 0.72, 0.74, 0.71, None, None], 0.01: [0.5, 0.53, 0.55, 0.5, 0.52, None]}
    runs, epochs = study(
        {(lr, seed, 1): value for lr, column in values.items() for seed, value in enumerate(column)}
        | {(0.01, 77, 1): 0.9, (0.1, 0, 2): 0.0, (0.01, 0, 2): 0.9, (1.0, 88, 1): 0.1}
    )
    (row,) = compare_values(runs, epochs, "lr").to_dict("records")
    assert (row["first"], row["second"], row["pairs"], row["survived"]) == (0.1, 0.01, 6, 4)
    assert row["improvement"] == pytest.approx(4.5 / 6)
    assert (row["improvement_low"], row["improvement_high"]) == wilson(4.5, 6)
    differences = [0.2, 0.19, 0.19, 0.21, 0.1 - 0.52, 0]
    assert row["mean_difference"] == pytest.approx(np.mean(differences))
    assert row["mean_difference_low"] < row["mean_difference"] < row["mean_difference_high"]
    assert row["survivors_improvement"] == 1
    assert row["survivors_mean_difference"] == pytest.approx(np.mean(differences[:4]))
    assert np.isnan(row["survivors_mean_difference_low"])


def test_configurations_that_differ_in_another_key_are_not_compared():
    runs, epochs = study({(lr, seed, 1): 0.5 for lr in (0.1, 1.0) for seed in range(5)})
    runs["batch_size"] = np.where(runs["lr"] == 1, 64, 256)
    assert compare_values(runs, epochs, "lr").empty
    (row,) = compare_values(runs.assign(lr=1.0), epochs, "batch_size").to_dict("records")
    assert (row["first"], row["second"], row["improvement"]) == (256, 64, 0.5)


def test_where_only_the_order_varies_every_order_is_a_pair():
    runs, epochs = study({(lr, 2, order): lr for lr in (0.1, 1.0) for order in range(7)})
    (row,) = compare_values(runs, epochs, "lr").to_dict("records")
    assert (row["first"], row["pairs"], row["improvement"]) == (1.0, 7, 1)


def test_a_run_that_was_trained_twice_is_one_pair():
    runs, _ = study({(lr, seed, 1): lr for lr in (0.1, 1.0) for seed in range(5)})
    twice = pd.concat([runs, runs], ignore_index=True).assign(run_id=range(20))
    epochs = twice[["run_id"]].assign(epoch=0, test_acc=0.1)
    (row,) = compare_values(twice, epochs, "lr").to_dict("records")
    assert (row["pairs"], row["survived"]) == (5, 5)


def test_pairs_are_made_before_runs_are_thinned():
    """One setting's seeds have orders of their own too, the other's share one order with them."""
    several = {(0.1, seed, order): 0.7 for seed in range(2, 9) for order in (1, seed)}
    runs, epochs = study(several | {(1.0, seed, 1): 0.5 + seed / 100 for seed in range(2, 9)})
    (row,) = compare_values(runs, epochs, "lr").to_dict("records")
    assert (row["pairs"], row["seeds"], row["orders"], row["design"]) == (7, 7, 1, "one order")
    assert row["mean_difference"] == pytest.approx(
        np.mean([seed / 100 for seed in range(2, 9)]) - 0.2
    )


def test_a_seed_with_more_orders_than_others_is_still_one_pair():
    """As the study's learning rates 1 and 0.1: thirty seeds in one order, two of them in twenty."""
    places = [(seed, 1) for seed in range(1, 31)]
    places += [(seed, order) for seed in (1, 2) for order in range(2, 21)]
    runs, epochs = study(
        {(lr, *place): 0.1 * (lr == 1) + 0.6 * (lr < 1) for lr in (0.1, 1.0) for place in places}
    )
    (row,) = compare_values(runs, epochs, "lr").to_dict("records")
    assert (row["pairs"], row["design"]) == (30, "one order")


def test_all_pairs_of_crossed_seeds_and_orders_count():
    places = [(seed, order) for seed in range(6) for order in range(5)]
    runs, epochs = study({(lr, *place): lr for lr in (0.1, 0.5) for place in places})
    (row,) = compare_values(runs, epochs, "lr").to_dict("records")
    assert (row["pairs"], row["seeds"], row["orders"], row["design"]) == (30, 6, 5, "crossed")


def test_the_initial_spread_is_a_setting_to_compare_like_any_other():
    runs, epochs = study({(lr, seed, 1): lr for lr in (0.1, 0.5) for seed in range(5)})
    runs["init_sigma"], runs["lr"] = runs["lr"], 0.1
    (row,) = all_comparisons(runs, epochs).to_dict("records")
    assert (row["key"], row["first"], row["second"], row["pairs"]) == ("init_sigma", 0.5, 0.1, 5)


def test_no_interval_of_a_difference_leaves_what_accuracies_allow():
    accuracies = {0.1: [0.99, 0.98, 0.99, 0.99, 0.99, 0.1], 1.0: [0.1] * 6}
    runs, epochs = study(
        {(lr, seed, 1): one for lr, column in accuracies.items() for seed, one in enumerate(column)}
    )
    (row,) = compare_values(runs, epochs, "lr").to_dict("records")
    for name in ("mean_difference", "iqm_difference"):
        assert -1 <= row[f"{name}_low"] <= row[f"{name}_high"] <= 1
