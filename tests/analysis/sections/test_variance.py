"""The split of the variance by seed and order."""

import numpy as np
from support.hand_made import evidence_of, runs_of

from analysis.sections.variance import VARIANCE


def test_the_split_of_the_variance_names_the_keys_that_tell_its_rows_apart():
    accuracies = {seed: 0.5 + seed**2 / 100 for seed in range(4)}
    groups = [(0.1, size, accuracies, order) for size in (64, 256) for order in (1, 2, 3)]
    runs, epochs = runs_of(*groups)
    runs["test_acc"] += np.random.default_rng(0).normal(0, 0.01, len(runs))
    section = VARIANCE.make(evidence_of(runs, epochs))
    assert section["keys"] == ["lr", "batch_size", "loss"]
    assert [row["batch_size"] for row in section["rows"]] == [256, 64]


def test_one_order_has_no_split():
    assert VARIANCE.make(evidence_of(*runs_of((0.1, 256, {1: 0.5, 2: 0.6}, 1)))) == (
        "variance by seed and order: no settings were run with several seeds in several orders"
    )
