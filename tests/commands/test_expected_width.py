"""A dry run says how wide the intervals of a sweep will be, from earlier runs of its settings."""

import numpy as np
import pytest
from scipy import stats
from support.commands import TINY
from support.stored_runs import log_run

import analysis
from runner.tracking.store import open_tracking

SMALL_TABLE = ("-m", "seed=1,2,3", "order_seed=1,2", *TINY)


def reach_of_table(table, seeds, orders):
    """Half the 95 % interval of a mean of so many seeds and orders, by a table's mean squares."""
    a, b = table.shape
    rows, columns = table.mean(axis=1), table.mean(axis=0)
    rest = ((table - rows[:, None] - columns + table.mean()) ** 2).sum() / ((a - 1) * (b - 1))
    parts = [
        max(0, rows.var(ddof=1) - rest / b) / seeds,
        max(0, columns.var(ddof=1) - rest / a) / orders,
    ]
    left = rest / (seeds * orders)
    uncertain = left**2 / ((seeds - 1) * (orders - 1)) + sum(
        (part + left) ** 2 / (n - 1) for part, n in zip(parts, (seeds, orders), strict=True) if part
    )
    variance = sum(parts) + left
    return stats.t.ppf(0.975, variance**2 / uncertain) * np.sqrt(variance)


def test_a_dry_run_says_what_width_to_expect_from_earlier_runs(lrstudy, folder):
    planned = ("-m", "seed=range(1,9)", "order_seed=range(1,6)", *TINY)
    assert "expected interval" not in lrstudy(*planned, "dry_run=true").out
    lrstudy(*SMALL_TABLE)
    runs, _ = analysis.load_runs()
    table = runs.pivot_table(index="seed", columns="order_seed", values="test_acc").to_numpy()
    assert table.shape == (3, 2)
    said = lrstudy(*planned, "lr=0.1,0.7", "dry_run=true").out
    assert f"± {reach_of_table(table, 8, 5):.2g} of 40 runs" in said
    assert "6 of 6 survived" in said
    assert "0 of 0 survived" in said  # lr=0.7, of which nothing is known
    assert "Expected: half the 95 % interval over the runs that survive" in said
    assert len(runs) == 6


@pytest.fixture
def earlier(folder):
    """Log earlier runs by hand: accuracies by their seeds; None for a run that diverged."""
    tracking = open_tracking("sqlite:///mlflow.db", "lr-study")

    def log(accuracies, order=None):
        for seed, accuracy in accuracies.items():
            outcome = "diverged" if accuracy is None else "trained"
            value = 0.1 if accuracy is None else accuracy
            log_run(
                tracking,
                tags={"config_hash": f"{seed:x}", "outcome": outcome},
                params={"seed": seed, "order_seed": order or seed},
                metrics={0: {"test_acc": 0.1}, 1: {"test_acc": value}},
            )

    return log


PLAN = ("-m", "epochs=1", "data.train_limit=2048", "data.test_limit=512", "dry_run=true")


def test_lost_runs_make_the_expected_width_larger(lrstudy, earlier):
    """Of ten runs two were lost: of twenty planned sixteen will be left."""
    accuracies = [0.70, 0.71, 0.69, 0.72, 0.70, 0.73, 0.68, 0.71]
    earlier(dict(enumerate([*accuracies, None, None], start=1)))
    said = lrstudy(*PLAN, "seed=range(1,21)").out
    expected = stats.t.ppf(0.975, 15) * np.std(accuracies, ddof=1) / 4
    assert f"± {expected:.2g} of 20 runs" in said
    assert "8 of 10 survived" in said


def test_earlier_runs_of_one_order_say_nothing_of_others(lrstudy, earlier):
    earlier(dict(enumerate([0.70, 0.71, 0.69, 0.72, 0.70], start=1)), order=1)
    assert "expected interval" not in lrstudy(*PLAN, "seed=range(1,21)").out
    said = lrstudy(*PLAN, "seed=range(1,21)", "order_seed=1").out
    expected = stats.t.ppf(0.975, 19) * np.std([0.70, 0.71, 0.69, 0.72, 0.70], ddof=1) / 20**0.5
    assert f"± {expected:.2g} of 20 runs" in said
