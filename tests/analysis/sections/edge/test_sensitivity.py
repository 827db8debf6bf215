"""Divergence, accuracy and sensitivity on a grid of learning rates, against figures by hand."""

import math

import pandas as pd
import pytest
from scipy import stats

from analysis.sections.edge.sensitivity import (
    best_rates,
    divergence_shares,
    final_figures,
    sensitivities,
)

UNTRAINED_LOSS = {1: 20.0, 2: 10.0}


def grid(losses, untrained_acc=0.1):
    """Frames of runs and epochs; `losses` gives the final test loss by form, rate and seed.

    A loss of nan is a run that diverged. The accuracy is 1 / (1 + loss).
    """
    rows = [
        {
            "run_id": f"{form} {lr} {seed}",
            "loss": form,
            "lr": lr,
            "seed": seed,
            "outcome": "diverged" if math.isnan(final) else "trained",
            "test_loss": final,
            # What MLflow has of a diverged run: nan predicts class 0.
            "test_acc": 0.0977 if math.isnan(final) else 1 / (1 + final),
        }
        for (form, lr, seed), final in losses.items()
    ]
    epochs = [
        {
            "run_id": row["run_id"],
            "epoch": epoch,
            "test_loss": (UNTRAINED_LOSS[row["seed"]], row["test_loss"])[epoch],
            "test_acc": (untrained_acc, row["test_acc"])[epoch],
        }
        for row in rows
        for epoch in (0, 1)
    ]
    return pd.DataFrame(rows), pd.DataFrame(epochs).sample(frac=1, random_state=1)


BOTH = {
    ("pick_log", 0.1, 1): 4.0,
    ("pick_log", 1.0, 1): math.nan,
    ("pick_log", 10.0, 1): math.nan,
    ("pick_log", 0.1, 2): math.nan,
    ("pick_log", 1.0, 2): math.nan,
    ("pick_log", 10.0, 2): math.nan,
    ("log_softmax", 0.1, 1): 4.0,
    ("log_softmax", 1.0, 1): 1.0,
    ("log_softmax", 10.0, 1): 70.0,  # worse than untrained
    ("log_softmax", 0.1, 2): 3.0,
    ("log_softmax", 1.0, 2): 2.0,
    ("log_softmax", 10.0, 2): 9.0,
}


def test_sensitivity_is_the_mean_excess_over_the_best_loss():
    table = sensitivities(*grid(BOTH)).set_index(["loss", "seed"])
    # Seed 1: (4 - 1 + 1 - 1 + 20 - 1) / 3, the last capped at the untrained loss.
    assert table.loc[("log_softmax", 1), "sensitivity"] == pytest.approx(22 / 3)
    assert table.loc[("log_softmax", 2), "sensitivity"] == pytest.approx((1 + 0 + 7) / 3)
    assert list(table["rates"]) == [3, 3, 3, 3]


def test_a_diverged_run_counts_as_untrained():
    table = sensitivities(*grid(BOTH)).set_index(["loss", "seed"])
    assert table.loc[("pick_log", 1), "sensitivity"] == pytest.approx((0 + 16 + 16) / 3)
    assert table.loc[("pick_log", 1), "survivors"] == 1


def test_a_form_that_dies_before_its_best_is_measured_by_the_best_of_all_forms():
    table = sensitivities(*grid(BOTH)).set_index(["loss", "seed"])
    assert table.loc[("pick_log", 1), "sensitivity_common"] == pytest.approx((3 + 19 + 19) / 3)
    assert table.loc[("log_softmax", 1), "sensitivity_common"] == pytest.approx(22 / 3)


def test_a_seed_of_which_no_run_survived_is_not_called_insensitive():
    table = sensitivities(*grid(BOTH)).set_index(["loss", "seed"])
    assert math.isnan(table.loc[("pick_log", 2), "sensitivity"])
    assert table.loc[("pick_log", 2), "sensitivity_common"] == pytest.approx(10 - 2)


def test_sensitivity_is_never_negative_where_all_runs_end_worse_than_untrained():
    runs, epochs = grid({("pick_log", 1.0, 1): 30.0, ("pick_log", 10.0, 1): 50.0})
    assert list(sensitivities(runs, epochs)["sensitivity"]) == [0]


def test_shares_of_diverged_runs_have_wilson_s_interval():
    shares = divergence_shares(grid(BOTH)[0]).set_index(["loss", "lr"])
    assert list(shares.loc["pick_log", "diverged"]) == [1, 2, 2]
    assert list(shares.loc["log_softmax", "share"]) == [0, 0, 0]
    z = stats.norm.ppf(0.975)
    middle, spread = (1 + z**2 / 2) / (2 + z**2), z / (2 + z**2) * math.sqrt(0.5 + z**2 / 4)
    half = shares.loc[("pick_log", 0.1)]
    assert (half["share"], half["runs"]) == (0.5, 2)
    assert (half["low"], half["high"]) == pytest.approx((middle - spread, middle + spread))


def test_accuracy_is_of_survivors_and_of_all_with_diverged_runs_as_untrained():
    figures = final_figures(*grid(BOTH, untrained_acc=0.15), "test_acc").set_index(["loss", "lr"])
    row = figures.loc[("pick_log", 0.1)]
    assert (row["survivors"], row["median"], row["min"], row["max"]) == (1, 0.2, 0.2, 0.2)
    assert row["mean_of_all"] == pytest.approx((0.2 + 0.15) / 2)
    assert figures.loc[("log_softmax", 1.0), "median"] == pytest.approx((1 / 2 + 1 / 3) / 2)
    gone = figures.loc[("pick_log", 1.0)]
    assert gone["survivors"] == 0
    assert math.isnan(gone["median"])
    assert gone["mean_of_all"] == pytest.approx(0.15)


def test_the_best_rate_is_not_one_that_a_lucky_run_survived():
    losses = {
        ("pick_log", 0.1, 1): 1.0,
        ("pick_log", 0.1, 2): 1.0,
        ("pick_log", 1.0, 1): 0.5,
        ("pick_log", 1.0, 2): math.nan,
        ("log_pick", 0.1, 1): math.nan,
    }
    frames = grid(losses)
    assert best_rates(final_figures(*frames, "test_acc")) == {"pick_log": 0.1}
    assert best_rates(final_figures(*frames, "test_loss"), lowest=True) == {"pick_log": 0.1}
