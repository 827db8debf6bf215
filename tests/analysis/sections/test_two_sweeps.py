"""Two sweeps beside each other, from runs made by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.hand_made import evidence_of, runs_of

from analysis.sections.two_sweeps import TWO_SWEEPS
from runner.process import InputError


def evidence_of_two(first, second):
    """Groups of `runs_of` for the sweeps a and b; those of b have another form of the loss."""
    (a, epochs_a), (b, epochs_b) = runs_of(*first), runs_of(*second)
    b = b.assign(loss="log_softmax", run_id="b" + b["run_id"])
    epochs_b = epochs_b.assign(run_id="b" + epochs_b["run_id"])
    runs = pd.concat([a.assign(sweep_id="a"), b.assign(sweep_id="b")], ignore_index=True)
    runs["config_hash"] = runs["run_id"]
    epochs = pd.concat([epochs_a, epochs_b], ignore_index=True)
    return evidence_of(runs, epochs, two_sweeps=("a", "b"))


def test_runs_are_paired_on_the_seeds_that_both_sweeps_have():
    first = [(0.1, 256, {1: 0.5, 2: 0.7, 3: 0.9}, 1), (1.0, 256, {1: 0.3}, 1)]
    second = [(0.1, 256, {1: 0.6, 2: 0.6, 9: 0.1}, 1)]
    section = TWO_SWEEPS.make(evidence_of_two(first, second))
    assert section["apart"] == [("loss", "pick_log", "log_softmax")]
    assert section["keys"] == ["lr"]
    alone, both = section["rows"]
    assert (alone["lr"], alone["paired"], alone["sides"][1]) == (1.0, None, None)
    assert (both["lr"], both["paired"].pairs) == (0.1, 2)
    assert both["paired"].mean_difference.value == pytest.approx((-0.1 + 0.1) / 2)
    assert [side["accuracy"].value for side in both["sides"]] == pytest.approx([0.7, 0.6])
    assert section["picture"].rstrip().endswith("</svg>")


def test_one_learning_rate_has_a_table_and_no_picture():
    rates = [(0.1, 256, {1: 0.5, 2: 0.7}, 1)]
    section = TWO_SWEEPS.make(evidence_of_two(rates, rates))
    assert section["picture"] is None
    assert section["no_picture"].endswith("there is only one learning rate")
    assert len(section["rows"]) == 1


def test_nobody_is_told_that_two_sweeps_were_not_asked_for():
    assert TWO_SWEEPS.make(evidence_of(*runs_of((0.1, 256, {1: 0.5}, 1)))) == ""


def test_a_sweep_without_runs_is_bad_input():
    groups = [(0.1, 256, {1: 0.5}, 1)]
    evidence = evidence_of_two(groups, groups)
    with pytest.raises(InputError, match="there is no sweep c with a finished run"):
        TWO_SWEEPS.make(replace(evidence, two_sweeps=("a", "c")))


def test_sweeps_that_cross_seeds_with_orders_are_compared_on_all_pairs():
    """Six seeds in five orders: thirty pairs, of which each order adds its own difference."""
    accuracies = {seed: 0.5 + seed / 100 for seed in range(6)}
    first = [(0.1, 256, accuracies, order) for order in range(5)]
    second = [
        (0.1, 256, {seed: value + 0.02 * order for seed, value in accuracies.items()}, order)
        for order in range(5)
    ]
    (row,) = TWO_SWEEPS.make(evidence_of_two(first, second))["rows"]
    difference = row["paired"].mean_difference
    assert (row["paired"].pairs, difference.value) == (30, pytest.approx(-0.04))
    error = np.std(np.arange(5) * 0.02, ddof=1) / np.sqrt(5)  # an order decides, not a seed
    assert difference.high - difference.low > 2 * 1.96 * error


def test_a_sweep_of_crossed_runs_has_the_interval_of_its_orders_not_of_its_runs():
    """Ten seeds in ten orders, of which the order decides: a hundred runs, ten draws."""
    effects = np.random.default_rng(4).normal(0.7, 0.01, size=10)
    rows = [(0.1, 256, dict.fromkeys(range(10), effects[order]), order) for order in range(10)]
    (row,) = TWO_SWEEPS.make(evidence_of_two(rows, rows))["rows"]
    _, low, high = row["sides"][0]["accuracy"]
    assert row["sides"][0]["runs"] == 100
    below, above = np.sort(effects)[[1, 8]]  # the median of ten draws, with 98 %
    assert low <= below + 0.002
    assert high >= above - 0.002
