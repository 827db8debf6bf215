"""The report's section on the frozen-model test: the printed rows, our own, and its errors."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.printed import (
    ARTICLE,
    Untrained,
    error_rates,
    judge,
    load_published,
    printed_runs,
    printed_sequence,
    simulate,
)
from analysis.statistics import each_seed_once, matching, wilson
from runner.data import FASHION_MNIST, Split

MODELS, HELD_OUT, SHUFFLES = 250, 100, 20
"""Untrained models to compare with, models to count errors on, shuffles of each."""

SLOW = 0.001
"""Learning rates up to this one move a model little: what the test must not take for frozen."""

SEED = 1


def frozen_section(
    runs: pd.DataFrame, epochs: pd.DataFrame, train_split: Split, test_split: Split
) -> dict[str, Any]:
    """What the template needs: a verdict for each printed sequence, and how often the test errs.

    The official data stand in for the earlier upload that the printed rows were made with: it
    has the same sizes and, but for 43 images, the same images in another order.
    """
    generator = np.random.default_rng(SEED)
    train, test = ((one.images, one.labels) for one in (train_split, test_split))
    untrained, held_out = (
        simulate(train, test, generator, models=count, shuffles=SHUFFLES)
        for count in (MODELS, HELD_OUT)
    )
    errors = error_rates(untrained, held_out)
    low, high = wilson(errors.frozen_rejected * HELD_OUT, HELD_OUT)
    return {
        "verdicts": [judge(printed_sequence(one), untrained) for one in load_published()],
        "models": MODELS,
        "held_out": HELD_OUT,
        "shuffles": SHUFFLES,
        "errors": errors,
        "rejected_low": low,
        "rejected_high": high,
        "controls": _controls(runs, epochs, untrained),
    }


def _controls(
    runs: pd.DataFrame, epochs: pd.DataFrame, untrained: Untrained
) -> list[dict[str, Any]]:
    """Our own runs of which we know whether they moved: those of a step of 0, and slow ones."""
    whole = {f"data.{split}_limit": count for split, count in FASHION_MNIST.examples.items()}
    settings = {key: value for key, value in ARTICLE.items() if key != "division"}
    ours = each_seed_once(
        matching(runs, {**settings, **whole, "loss": "pick_log"}), ("on_divergence",)
    )
    ours = ours[ours["outcome"] != "diverged"]
    still = (ours["division"] == "python2") & (ours["lr"] == 1)
    slow = (ours["division"] == "python3") & (ours["lr"] <= SLOW)
    rows = []
    for (lr, division), group in ours[still | slow].groupby(["lr", "division"]):
        printed = printed_runs(epochs[epochs["run_id"].isin(group["run_id"])])
        called = sum(judge(one, untrained).frozen for one in printed)
        low, high = wilson(called, len(group))
        row = {"lr": lr, "moved": division == "python3", "runs": len(group), "called": called}
        rows.append({**row, "low": low, "high": high})
    return sorted(rows, key=lambda row: (row["moved"], -row["lr"]))
