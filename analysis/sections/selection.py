"""Which runs the sections put beside each other, and what sets them apart."""

from typing import Any

import pandas as pd

from analysis.figures import rates_of_panels
from analysis.reading import PARAMS
from analysis.sections.naming import in_words
from analysis.statistics import SEEDS, commonest, counting
from runner.configuration import LOSS_NAMES


def at_commonest_settings(runs: pd.DataFrame, *free: str) -> pd.DataFrame:
    """The runs that count and differ in the learning rate, the `free` keys and the seeds.

    All other keys have the values that most runs have; of forms of the loss that equally many
    have, the first of the lesson is taken.
    """
    return counting(_at_commonest_settings(runs, *free))


def _at_commonest_settings(runs: pd.DataFrame, *free: str) -> pd.DataFrame:
    """The same with the runs that do not count."""
    keys = [key for key in PARAMS if key not in ("lr", "loss", *free, *SEEDS)]
    found = commonest(runs, pd.Series(1, index=runs.index), keys)
    if "loss" not in free:
        counts = found["loss"].value_counts()
        found = found[found["loss"] == max(LOSS_NAMES, key=lambda form: counts.get(form, 0))]
    return found


def by_batch_size(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of learning rates that several batch sizes have.

    Of each learning rate only the seeds and orders that all of its batch sizes share, where
    there are any: else one batch size would look better for its seeds.
    """
    found = _at_commonest_settings(runs, "batch_size")
    sizes = found.groupby("lr")["batch_size"].transform("nunique")
    found, sizes = found[sizes > 1], sizes[sizes > 1]
    shared = found.groupby(["lr", *SEEDS])["batch_size"].transform("nunique") == sizes
    return counting(found[shared | ~shared.groupby(found["lr"]).transform("any")])


def shown_rates(runs: pd.DataFrame) -> tuple[int, int]:
    """How many of how many learning rates have a panel or a line."""
    return len(rates_of_panels(runs)), runs["lr"].nunique()


def fixed_settings(runs: pd.DataFrame, shown: pd.DataFrame) -> str:
    """A sentence on what the shown runs share and others do not; empty where all are shown."""
    keys = [key for key in PARAMS if key not in SEEDS and runs[key].nunique() > 1]
    fixed = [key for key in keys if shown[key].nunique() == 1]
    words = ", ".join(in_words(key, shown[key].iloc[0]) for key in fixed)
    return f"Shown are runs with {words} only." if words else ""


def varying_keys(rows: list[dict[Any, Any]]) -> list[str]:
    """The keys in which these rows differ; learning rate and loss always."""
    found = {key: {row[key] for row in rows if key in row} for key in PARAMS if key not in SEEDS}
    return [key for key, values in found.items() if key in ("lr", "loss") or len(values) > 1]
