"""What summarises runs: which are grouped, which count, and with which intervals."""

import math
import statistics

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.reading.runs import EPOCH_METRICS, PARAMS
from analysis.statistics import intervals, two_way
from analysis.statistics.summaries import each_seed_once, group_keys, summarise


def some_runs(seeds, order_seeds):
    count = len(seeds)
    runs = pd.DataFrame({key: [1] * count for key in PARAMS})
    runs["seed"], runs["order_seed"] = seeds, order_seeds
    runs["outcome"] = "trained"
    for number, name in enumerate(EPOCH_METRICS):
        runs[name] = np.arange(count) + number
    return runs


def summary_of(runs):
    """The summary of runs made by hand, whose untrained models have a test accuracy of 0.1."""
    runs = runs.assign(run_id=np.arange(len(runs)))
    epochs = runs[["run_id"]].assign(epoch=0, test_acc=0.1)
    return summarise(runs, epochs)


@pytest.mark.parametrize(
    ("seeds", "order_seeds", "kept"),
    [
        ([1, 2, 3], [1, 2, 3], set()),
        ([1, 2, 3], [7, 7, 7], {"order_seed"}),
        ([7, 7, 7], [1, 2, 3], {"seed"}),
        ([1, 1, 2, 2], [1, 2, 1, 2], set()),
    ],
)
def test_runs_are_grouped_by_everything_but_the_seeds_that_vary(seeds, order_seeds, kept):
    keys = set(group_keys(some_runs(seeds, order_seeds)))
    assert keys & {"seed", "order_seed"} == kept
    assert {"lr", "batch_size", "loss", "on_divergence"} <= keys


def test_a_single_survivor_has_no_standard_deviation():
    runs = some_runs([1, 2], [1, 2])
    runs.loc[1, "outcome"] = "diverged"
    (row,) = summary_of(runs).to_dict("records")
    assert (row["runs"], row["trained"], row["diverged"]) == (2, 1, 1)
    assert row["test_loss_mean"] == runs["test_loss"][0]
    assert math.isnan(row["test_loss_std"])


def test_the_summary_has_intervals_for_survivors_and_for_all():
    runs = some_runs(range(9), [1] * 9)
    runs["test_acc"] = [0.71, 0.75, 0.72, 0.74, 0.73, 0.7, 0.78, 0.99, 0.99]
    runs.loc[[7, 8], "outcome"] = "diverged"
    (row,) = summary_of(runs).to_dict("records")
    alive, everyone = runs["test_acc"][:7].to_numpy(), np.append(runs["test_acc"][:7], [0.1, 0.1])
    for name, values in (("test_acc", alive), ("test_acc_all", everyone)):
        found = {
            one: row[f"{name}_{one}"] for one in ("median", "iqm", "mean", "std", "min", "max")
        }
        assert found == pytest.approx(
            {
                "median": statistics.median(values),
                "iqm": stats.trim_mean(values, 0.25),
                "mean": statistics.fmean(values),
                "std": statistics.stdev(values),
                "min": min(values),
                "max": max(values),
            }
        )
        for one in ("median", "iqm", "mean"):
            column = f"{name}_{one}"
            assert row[f"{column}_low"] < row[column] < row[f"{column}_high"]
    assert row["diverged_share"] == 2 / 9
    interval = stats.binomtest(2, 9).proportion_ci(0.95, method="wilson")
    assert (row["diverged_share_low"], row["diverged_share_high"]) == pytest.approx(
        (interval.low, interval.high)
    )
    shuffled = runs.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(summary_of(shuffled), summary_of(runs))


def test_a_seed_in_many_orders_is_one_run_of_the_summary():
    runs = some_runs([1, 1, 1, 2, 3], [1, 2, 3, 1, 1])
    runs["test_acc"] = [0.5, 0.9, 0.9, 0.6, 0.7]
    runs.loc[1, "outcome"] = "diverged"
    (row,) = summary_of(runs).to_dict("records")
    assert (row["runs"], row["trained"], row["diverged"], row["repeats"]) == (3, 3, 0, 2)
    assert row["test_acc_mean"] == row["test_acc_all_mean"] == pytest.approx(0.6)
    assert math.isnan(row["test_acc_mean_low"])


def test_a_seed_in_several_orders_counts_once_unless_it_is_the_only_one():
    runs = pd.DataFrame({key: [1] * 6 for key in PARAMS})
    runs["seed"], runs["order_seed"] = [1, 1, 2, 2, 9, 9], [7, 3, 3, 7, 1, 2]
    runs["lr"] = [1, 1, 1, 1, 0.5, 0.5]
    kept = each_seed_once(runs)
    assert list(zip(kept["lr"], kept["seed"], kept["order_seed"], strict=True)) == [
        (1, 1, 3), (1, 2, 7), (0.5, 9, 1), (0.5, 9, 2),
    ]  # fmt: skip
    runs.loc[0, "order_seed"] = 1  # the order of the seed itself
    assert next(iter(each_seed_once(runs)["order_seed"])) == 1


def test_what_a_run_does_once_it_has_diverged_makes_it_no_other_draw():
    runs = pd.DataFrame({key: [1] * 4 for key in PARAMS})
    runs["seed"], runs["on_divergence"] = [1, 2, 2, 3], ["stop", "stop", "continue", "continue"]
    assert list(each_seed_once(runs, ignoring=["on_divergence"])["seed"]) == [1, 2, 3]
    assert list(each_seed_once(runs)["seed"]) == [1, 2, 2, 3]


def summary_of_places(places, accuracies):
    runs = pd.DataFrame({key: [1] * len(places) for key in PARAMS})
    runs[["seed", "order_seed"]] = places
    for metric in EPOCH_METRICS:
        runs[metric] = accuracies
    runs["outcome"] = np.where(np.isnan(accuracies), "diverged", "trained")
    runs["run_id"] = np.arange(len(runs))
    (row,) = summarise(runs, runs[["run_id"]].assign(epoch=0, test_acc=0.1)).to_dict("records")
    return row


def test_no_interval_of_an_accuracy_leaves_0_to_1():
    """As learning rate 0.1 at batch size 1024: two of ten seeds diverge."""
    accuracies = np.array([0.61, 0.6, 0.62, 0.6, 0.63, 0.61, 0.6, 0.62, np.nan, np.nan])
    everyone = np.nan_to_num(accuracies, nan=0.1)
    assert intervals.mean(everyone).low < 0
    row = summary_of_places([(seed, 1) for seed in range(10)], accuracies)
    assert (row["test_acc_all_mean"], row["test_acc_all_mean_low"]) == (everyone.mean(), 0)
    assert (row["design"], row["orders"]) == ("one order", 1)


def test_crossed_runs_all_count_and_their_intervals_are_two_way():
    rng = np.random.default_rng(9)
    places = [(seed, order) for seed in range(6) for order in range(5)]
    of_seed, of_order = rng.normal(0.7, 0.02, size=6), rng.normal(0, 0.01, size=5)
    accuracies = np.array([of_seed[seed] + of_order[order] for seed, order in places])
    row = summary_of_places(places, accuracies)
    assert (row["runs"], row["repeats"], row["design"]) == (30, 0, "crossed")
    assert (row["seeds"], row["orders"]) == (6, 5)
    seeds, orders = np.array(places).T
    found = two_way.mean(accuracies, seeds, orders)
    assert (row["test_acc_mean_low"], row["test_acc_mean_high"]) == pytest.approx(found[1:])
    assert found.high - found.low > 2 * np.ptp(intervals.mean(accuracies)[1:])


def test_a_share_of_crossed_runs_is_of_fewer_than_all():
    places = [(seed, order) for seed in range(6) for order in range(5)]
    row = summary_of_places(places, np.array([np.nan if seed < 2 else 0.7 for seed, _ in places]))
    assert row["diverged_share"] == pytest.approx(1 / 3)
    low, high = intervals.wilson(10, 30)
    assert row["diverged_share_low"] < low - 0.05
    assert row["diverged_share_high"] > high + 0.05
