"""The sections that any study has: epoch by epoch, by learning rate, by batch size, by seed."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.figures import (
    epochs_by_learning_rate,
    learning_rate_by_batch_size,
    outcome_by_learning_rate,
    rates_of_panels,
    survival_by_learning_rate,
)
from analysis.formatting import plain
from analysis.reading import PARAMS
from analysis.statistics import (
    FEWEST,
    SEEDS,
    commonest,
    compare_values,
    each_seed_once,
    variance_by_seeds,
)
from runner.configuration import LOSS_NAMES

Section = dict[str, Any]


def at_commonest_settings(runs: pd.DataFrame, *free: str) -> pd.DataFrame:
    """The runs that differ in the learning rate, the `free` keys and the seed, each seed once.

    All other keys have the values that most runs have; of forms of the loss that equally many
    have, the first of the lesson is taken.
    """
    return each_seed_once(_at_commonest_settings(runs, *free))


def _at_commonest_settings(runs: pd.DataFrame, *free: str) -> pd.DataFrame:
    """The same with every order of a seed."""
    keys = [key for key in PARAMS if key not in ("lr", "loss", *free, *SEEDS)]
    found = commonest(runs, pd.Series(1, index=runs.index), keys)
    if "loss" not in free:
        counts = found["loss"].value_counts()
        found = found[found["loss"] == max(LOSS_NAMES, key=lambda form: counts.get(form, 0))]
    return found


def by_batch_size(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of learning rates that several batch sizes have, each seed once.

    Of each learning rate only the seeds and orders that all of its batch sizes share, where
    there are any: else one batch size would look better for its seeds.
    """
    found = _at_commonest_settings(runs, "batch_size")
    sizes = found.groupby("lr")["batch_size"].transform("nunique")
    found, sizes = found[sizes > 1], sizes[sizes > 1]
    shared = found.groupby(["lr", *SEEDS])["batch_size"].transform("nunique") == sizes
    return each_seed_once(found[shared | ~shared.groupby(found["lr"]).transform("any")])


def overview(
    runs: pd.DataFrame, epochs: pd.DataFrame, rng: np.random.Generator, *, on_a_grid: bool
) -> dict[str, Section | str]:
    """The sections by name, or why one is left out; `on_a_grid`: the edge has one of its own."""
    made: dict[str, Section | str] = {"epochs": _epochs(runs, epochs)}
    by_loss = at_commonest_settings(runs, "loss")
    settings = _settings(runs, by_loss)
    if by_loss["lr"].nunique() == 1:
        made["rates"] = "outcome against learning rate: there is only one learning rate"
    elif on_a_grid:
        made["rates"] = "outcome against learning rate: the figure on the edge shows it"
    else:
        series = {form: by_loss[by_loss["loss"] == form] for form in LOSS_NAMES}
        drawn = outcome_by_learning_rate({form: one for form, one in series.items() if len(one)})
        made["rates"] = {"picture": drawn, "settings": settings}
    by_size = by_batch_size(runs)
    if len(by_size):
        cells = by_size.groupby(["lr", "batch_size"]).size()
        made["batch_sizes"] = {
            "picture": learning_rate_by_batch_size(by_size),
            "settings": _settings(runs, by_size),
            "cells": (int(cells.min()), int(cells.max())),
        }
    else:
        made["batch_sizes"] = (
            "learning rate by batch size: no learning rate was run with two batch sizes"
        )
    if (by_loss["outcome"] == "diverged").any():
        made["survival"] = {
            "picture": survival_by_learning_rate(by_loss),
            "settings": settings,
            "shown": _shown_rates(by_loss),
        }
    else:
        made["survival"] = "how long runs live: none diverged"
    few, few_by_size = (
        found[found["lr"].isin(rates_of_panels(found))] for found in (by_loss, by_size)
    )
    rows = [
        {"key": key, **row}
        for key, those in (("lr", few), ("loss", few), ("batch_size", few_by_size))
        for row in compare_values(those, epochs, key, rng).to_dict("records")
    ]
    several = [row for row in rows if row["pairs"] >= FEWEST]
    made["paired"] = (
        {
            "rows": several or rows,
            "fewer": len(rows) - len(several) if several else 0,
            "keys": _varying_keys(rows),
        }
        if rows
        else "settings on the same seeds: there are no two"
    )
    split = variance_by_seeds(runs, "test_acc").to_dict("records")
    made["variance"] = (
        {"rows": split, "keys": _varying_keys(split)}
        if split
        else (
            "variance by seed and order: no settings were run with several seeds in several orders"
        )
    )
    return made


def _varying_keys(rows: list[dict[Any, Any]]) -> list[str]:
    """The keys in which these rows differ; learning rate and loss always."""
    found = {key: {row[key] for row in rows if key in row} for key in PARAMS if key not in SEEDS}
    return [key for key, values in found.items() if key in ("lr", "loss") or len(values) > 1]


def _epochs(runs: pd.DataFrame, epochs: pd.DataFrame) -> Section:
    shown = at_commonest_settings(runs)
    return {
        "picture": epochs_by_learning_rate(shown, epochs),
        "settings": _settings(runs, shown),
        "shown": _shown_rates(shown),
    }


def _shown_rates(runs: pd.DataFrame) -> tuple[int, int]:
    """How many of how many learning rates have a panel or a line."""
    return len(rates_of_panels(runs)), runs["lr"].nunique()


def _settings(runs: pd.DataFrame, shown: pd.DataFrame) -> str:
    """What the shown runs share and others do not, in words; empty where all are shown."""
    keys = [key for key in PARAMS if key not in SEEDS and runs[key].nunique() > 1]
    fixed = [key for key in keys if shown[key].nunique() == 1]
    return ", ".join(f"{key} {plain(shown[key].iloc[0])}" for key in fixed)
