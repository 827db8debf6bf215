"""Settings compared on the same seeds."""

import pytest
from support.hand_made import evidence_of, runs_of

from analysis.sections.paired import PAIRED


def test_batch_sizes_are_compared_on_the_same_seeds():
    first = {seed: 0.5 + seed / 100 for seed in range(6)}
    second = {seed: 0.3 + seed / 80 for seed in range(6)}
    frames = runs_of((0.1, 64, first, 1), (0.1, 256, second, 1), (1.0, 64, second, 1))
    rows = PAIRED.make(evidence_of(*frames))["rows"]
    (row,) = [row for row in rows if row["key"] == "batch_size"]
    assert (row["lr"], row["first"], row["second"], row["pairs"]) == (0.1, 256, 64, 6)
    assert row["mean_difference"] == pytest.approx(-0.2 + 2.5 / 80 - 2.5 / 100)


def test_comparisons_on_few_seeds_are_counted_where_others_have_more():
    many = {seed: 0.5 + seed / 100 for seed in range(6)}
    groups = [(0.1, 256, many, 1), (1.0, 256, many, 1), (1.0, 64, {0: 0.3, 1: 0.4}, 1)]
    section = PAIRED.make(evidence_of(*runs_of(*groups)))
    assert [(row["key"], row["pairs"]) for row in section["rows"]] == [("lr", 6)]
    assert section["fewer"] == 1


def test_a_single_setting_is_compared_with_nothing():
    assert PAIRED.make(evidence_of(*runs_of((0.1, 256, {1: 0.5, 2: 0.6}, 1)))) == (
        "settings on the same seeds: there are no two"
    )
