"""The summary: which runs count, and intervals that are possible and two-way."""

import numpy as np
import pandas as pd
import pytest

from analysis.reading import EPOCH_METRICS, PARAMS
from analysis.statistics import intervals, two_way
from analysis.statistics.summaries import summarise


def summary_of(places, accuracies):
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
    row = summary_of([(seed, 1) for seed in range(10)], accuracies)
    assert (row["test_acc_all_mean"], row["test_acc_all_mean_low"]) == (everyone.mean(), 0)
    assert (row["design"], row["orders"]) == ("one order", 1)


def test_crossed_runs_all_count_and_their_intervals_are_two_way():
    rng = np.random.default_rng(9)
    places = [(seed, order) for seed in range(6) for order in range(5)]
    of_seed, of_order = rng.normal(0.7, 0.02, size=6), rng.normal(0, 0.01, size=5)
    accuracies = np.array([of_seed[seed] + of_order[order] for seed, order in places])
    row = summary_of(places, accuracies)
    assert (row["runs"], row["repeats"], row["design"]) == (30, 0, "crossed")
    assert (row["seeds"], row["orders"]) == (6, 5)
    seeds, orders = np.array(places).T
    found = two_way.mean(accuracies, seeds, orders)
    assert (row["test_acc_mean_low"], row["test_acc_mean_high"]) == pytest.approx(found[1:])
    assert found.high - found.low > 2 * np.ptp(intervals.mean(accuracies)[1:])


def test_a_share_of_crossed_runs_is_of_fewer_than_all():
    places = [(seed, order) for seed in range(6) for order in range(5)]
    row = summary_of(places, np.array([np.nan if seed < 2 else 0.7 for seed, _ in places]))
    assert row["diverged_share"] == pytest.approx(1 / 3)
    low, high = intervals.wilson(10, 30)
    assert row["diverged_share_low"] < low - 0.05
    assert row["diverged_share_high"] > high + 0.05
