"""What else could have been printed: shares, orders, highest accuracies."""

import numpy as np
import pandas as pd
import pytest
from support.hand_made import article_run, epochs_of

from analysis.sections.counterfactuals.tables import (
    divergences,
    over_orders,
    would_have_printed,
)
from analysis.statistics import wilson


def test_divergences_are_counted_once_per_seed_with_their_updates_and_causes():
    runs = pd.DataFrame(
        [
            *(
                article_run("pick_log", 1.0, seed, update=seed, cause="exp_overflow")
                for seed in (1, 2, 3)
            ),
            article_run("pick_log", 1.0, 4, update=9, cause="zero_probability"),
            article_run("pick_log", 1.0, 4, order_seed=2, update=1, cause="unknown"),
            article_run("pick_log", 1.0, 3, update=3, on_divergence="continue"),
            article_run("pick_log", 1.0, 5),
            article_run("log_softmax", 1.0, 1),
        ]
    )
    table = divergences(runs).set_index("loss")
    naive = table.loc["pick_log"]
    assert (naive["runs"], naive["diverged"]) == (5, 4)
    assert (naive["low"], naive["high"]) == wilson(4, 5)
    assert (naive["update_min"], naive["update_median"], naive["update_max"]) == (1, 2.5, 9)
    assert np.isnan(naive["update_low"])  # four are too few for an interval
    assert list(naive["causes"].items()) == [("exp_overflow", 3), ("zero_probability", 1)]
    safe = table.loc["log_softmax"]
    assert (safe["runs"], safe["diverged"], safe["causes"]) == (1, 0, {})
    assert np.isnan(safe["update_median"])


def test_a_seed_in_many_orders_has_a_share_of_its_own():
    runs = pd.DataFrame(
        [
            *(
                article_run("pick_log", 1.0, 1, order_seed=order, update=order)
                for order in range(1, 6)
            ),
            *(article_run("pick_log", 1.0, 2, order_seed=order) for order in range(1, 5)),
        ]
    )
    (row,) = over_orders(runs).to_dict("records")
    assert (row["seed"], row["runs"], row["diverged"]) == (1, 5, 5)


def test_what_would_have_been_printed_is_the_median_over_survivors():
    runs = pd.DataFrame(
        [
            *(article_run("log_softmax", 1.0, seed) for seed in (1, 2, 5)),
            article_run("log_softmax", 1.0, 9, update=3),
            article_run("log_softmax", 0.1, 1),
            article_run("pick_log", 0.1, 1),
        ]
    )
    table = would_have_printed(runs, epochs_of(runs), "log_softmax")
    assert [(row["lr"], row["epoch"]) for row in table] == [
        (lr, epoch) for lr in (1.0, 0.1) for epoch in range(1, 6)
    ]
    first = table[0]
    assert first["runs"] == 3
    assert first["train_loss_batch_mean"] == pytest.approx(1.02)
    assert first["test_acc_batch_mean_low"] == pytest.approx(1.01)
    assert first["test_acc_batch_mean_high"] == pytest.approx(1.05)


def test_crossed_runs_all_count_and_say_less_than_as_many_independent_ones():
    runs = pd.DataFrame(
        article_run("pick_log", 1.0, seed, order_seed=order, update=3 if seed < 2 else None)
        for seed in range(6)
        for order in range(5)
    )
    (row,) = divergences(runs).to_dict("records")
    assert (row["runs"], row["diverged"]) == (30, 10)
    low, high = wilson(10, 30)
    assert row["low"] < low - 0.05
    assert row["high"] > high + 0.05
