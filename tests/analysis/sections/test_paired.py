"""Settings compared on the same seeds."""

import pandas as pd
import pytest
from support.hand_made import evidence_of, runs_of

from analysis.sections.paired import PAIRED


def test_batch_sizes_are_compared_on_the_same_seeds():
    first = {seed: 0.5 + seed / 100 for seed in range(6)}
    second = {seed: 0.3 + seed / 80 for seed in range(6)}
    frames = runs_of((0.1, 64, first, 1), (0.1, 256, second, 1), (1.0, 64, second, 1))
    rows = PAIRED.make(evidence_of(*frames))["every"]
    (row,) = [row for row in rows if row["key"] == "batch_size"]
    assert (row["lr"], row["first"], row["second"], row["pairs"]) == (0.1, 256, 64, 6)
    assert row["mean_difference"] == pytest.approx(-0.2 + 2.5 / 80 - 2.5 / 100)


def test_comparisons_on_few_seeds_are_counted_where_others_have_more():
    many = {seed: 0.5 + seed / 100 for seed in range(6)}
    groups = [(0.1, 256, many, 1), (1.0, 256, many, 1), (1.0, 64, {0: 0.3, 1: 0.4}, 1)]
    section = PAIRED.make(evidence_of(*runs_of(*groups)))
    assert [(row["key"], row["pairs"]) for row in section["rows"]] == [("lr", 6)]
    assert len(section["every"]) == 2


def test_a_single_setting_is_compared_with_nothing():
    assert PAIRED.make(evidence_of(*runs_of((0.1, 256, {1: 0.5, 2: 0.6}, 1)))) == (
        "settings on the same seeds: there are no two"
    )


def crossed(lr, height, places, **keys):
    """Runs at these (seed, order) places, a seed and an order each moving the accuracy a little."""
    frames = [
        runs_of((lr, 256, {seed: height + seed / 50 + order / 90}, order)) for seed, order in places
    ]
    runs, epochs = (pd.concat(parts, ignore_index=True) for parts in zip(*frames, strict=True))
    names = {name: f"{name}{keys}" for name in runs["run_id"]}
    return (
        runs.assign(run_id=runs["run_id"].map(names), **keys),
        epochs.assign(run_id=epochs["run_id"].map(names)),
    )


def section_of(*frames):
    runs, epochs = (pd.concat(parts, ignore_index=True) for parts in zip(*frames, strict=True))
    return PAIRED.make(evidence_of(runs, epochs))


ONE_ORDER = [(seed, 1) for seed in range(6)]


def test_pairs_are_made_before_runs_are_thinned():
    """At 0.1 forty seeds ran in orders of their own, too: alone they would leave no pair."""
    own = [(seed, seed) for seed in range(100, 140)]
    section = section_of(crossed(0.1, 0.5, ONE_ORDER + own), crossed(1.0, 0.2, ONE_ORDER))
    (row,) = section["rows"]
    assert (row["first"], row["second"], row["pairs"]) == (1.0, 0.1, 6)
    assert row["mean_difference"] == pytest.approx(-0.3)
    assert (len(section["every"]), section["one_order"]) == (1, True)


def test_crossed_pairs_all_count():
    places = [(seed, order) for seed in range(6) for order in range(5)]
    section = section_of(crossed(0.1, 0.5, places), crossed(1.0, 0.2, places))
    (row,) = section["rows"]
    assert (row["pairs"], row["design"], section["one_order"]) == (30, "crossed", False)


def test_the_spread_of_the_initial_parameters_is_compared_like_any_key():
    section = section_of(
        crossed(0.1, 0.5, ONE_ORDER, init_sigma=1.0), crossed(0.1, 0.7, ONE_ORDER, init_sigma=0.01)
    )
    (row,) = section["every"]
    assert (row["key"], row["first"], row["second"]) == ("init_sigma", 1.0, 0.01)
    assert row["mean_difference"] == pytest.approx(-0.2)


def test_only_rates_and_forms_at_the_usual_settings_are_in_the_page():
    section = section_of(
        crossed(0.1, 0.5, ONE_ORDER, init_sigma=1.0),
        crossed(0.1, 0.7, ONE_ORDER, init_sigma=0.01),
        crossed(1.0, 0.2, ONE_ORDER, init_sigma=1.0),
        crossed(1.0, 0.3, ONE_ORDER, init_sigma=1.0, loss="log_softmax"),
    )
    assert sorted(row["key"] for row in section["rows"]) == ["loss", "lr"]
    assert sorted(row["key"] for row in section["every"]) == ["init_sigma", "loss", "lr"]
