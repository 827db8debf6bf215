"""Which runs the report's own sections put beside each other; runs made by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.reading.runs import EPOCH_METRICS, PARAMS
from analysis.sections.overview import by_batch_size, overview


def runs_of(*groups):
    """Runs of (learning rate, batch size, {seed: accuracy}, order) with their epochs 0 and 1."""
    rows = [
        {
            **dict.fromkeys(PARAMS, 1),
            "loss": "pick_log",
            "lr": lr,
            "batch_size": size,
            "seed": seed,
            "order_seed": order,
            "data.train_limit": 1024,
            "run_id": f"{lr}-{size}-{seed}-{order}",
            "outcome": "trained",
            "diverged_epoch": np.nan,
            "diverged_update": np.nan,
            **dict.fromkeys(EPOCH_METRICS, accuracy),
        }
        for lr, size, accuracies, order in groups
        for seed, accuracy in accuracies.items()
    ]
    runs = pd.DataFrame(rows)
    columns = ["run_id", *EPOCH_METRICS]
    epochs = pd.concat([runs[columns].assign(epoch=epoch) for epoch in (0, 1)], ignore_index=True)
    return runs, epochs


def shown(runs):
    found = by_batch_size(runs).sort_values(["lr", "batch_size", "seed"])
    columns = ["lr", "batch_size", "seed", "order_seed"]
    return list(found[columns].itertuples(index=False, name=None))


def test_batch_sizes_are_put_beside_each_other_on_the_seeds_and_orders_that_all_have():
    runs, _ = runs_of(
        (0.1, 64, {2: 0.7, 3: 0.8, 4: 0.9}, 1),
        (0.1, 256, {2: 0.5, 3: 0.6, 9: 0.1}, 1),
        (0.1, 256, {2: 0.2}, 2),  # where the two seeds are equal, but only here
        (1.0, 64, {5: 0.3}, 1),  # no seed of these two is the same
        (1.0, 256, {6: 0.4}, 1),
        (2.0, 64, {5: 0.3}, 1),  # one batch size only
    )
    assert shown(runs) == [
        (0.1, 64, 2, 1), (0.1, 64, 3, 1), (0.1, 256, 2, 1), (0.1, 256, 3, 1),
        (1.0, 64, 5, 1), (1.0, 256, 6, 1),
    ]  # fmt: skip


def test_batch_sizes_are_compared_on_the_same_seeds_and_their_runs_counted():
    first = {seed: 0.5 + seed / 100 for seed in range(6)}
    second = {seed: 0.3 + seed / 80 for seed in range(6)}
    runs, epochs = runs_of((0.1, 64, first, 1), (0.1, 256, second, 1), (1.0, 64, second, 1))
    made = overview(runs, epochs, np.random.default_rng(0), on_a_grid=False)
    assert made["batch_sizes"]["cells"] == (6, 6)
    (row,) = [row for row in made["paired"]["rows"] if row["key"] == "batch_size"]
    assert (row["lr"], row["first"], row["second"], row["pairs"]) == (0.1, 256, 64, 6)
    assert row["mean_difference"] == pytest.approx(-0.2 + 2.5 / 80 - 2.5 / 100)


def test_the_split_of_the_variance_names_the_keys_that_tell_its_rows_apart():
    accuracies = {seed: 0.5 + seed**2 / 100 for seed in range(4)}
    groups = [(0.1, size, accuracies, order) for size in (64, 256) for order in (1, 2, 3)]
    runs, epochs = runs_of(*groups)
    runs["test_acc"] += np.random.default_rng(0).normal(0, 0.01, len(runs))
    section = overview(runs, epochs, np.random.default_rng(0), on_a_grid=False)["variance"]
    assert section["keys"] == ["lr", "batch_size", "loss"]
    assert [row["batch_size"] for row in section["rows"]] == [64, 256]
