"""Two sweeps beside each other: the same configurations but for what sets the sweeps apart."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.figures import outcome_by_learning_rate
from analysis.formatting import plain
from analysis.reading import PARAMS, Study
from analysis.statistics import (
    SEEDS,
    PairedComparison,
    accuracies,
    compare_pairs,
    median,
    same_seeds,
)


def two_sweeps_section(
    study: Study, first: str, second: str, rng: np.random.Generator
) -> dict[str, Any]:
    """What the template needs to compare two sweeps by their ids.

    Keys of which each sweep has one value, and not the same, set the sweeps apart; runs are
    compared where all other keys agree, on the seeds that both have.

    Raises `InputError` for an id of no sweep.
    """
    sides = [study.runs[study.of_sweep(one)] for one in (first, second)]
    keys = [key for key in PARAMS if key not in SEEDS]
    apart = [
        key
        for key in keys
        if all(side[key].nunique() == 1 for side in sides)
        and sides[0][key].iloc[0] != sides[1][key].iloc[0]
    ]
    shared = [key for key in keys if key not in apart]
    judged = [dict(list(accuracies(side, study.epochs).groupby(shared))) for side in sides]
    rows = []
    for values in sorted(set(judged[0]) | set(judged[1]), reverse=True):
        pair = [side.get(values) for side in judged]
        row = {**dict(zip(shared, values, strict=True)), "sides": [_side(one) for one in pair]}
        rows.append({**row, "paired": _paired(pair, rng)})
    labels = [f"{name} ({one})" for name, one in zip("AB", (first, second), strict=True)]
    both = pd.concat(sides)
    return {
        "ids": (first, second),
        "apart": [(key, *(plain(side[key].iloc[0]) for side in sides)) for key in apart],
        "keys": ["lr", *(key for key in shared if key != "lr" and both[key].nunique() > 1)],
        "rows": rows,
        "picture": outcome_by_learning_rate(dict(zip(labels, sides, strict=True)))
        if both["lr"].nunique() > 1
        else None,
        "no_picture": "sweep A and sweep B against learning rate: there is only one learning rate",
    }


def _side(runs: pd.DataFrame | None) -> dict[str, Any] | None:
    """One sweep's runs of a configuration; None where it has none."""
    if runs is None:
        return None
    survivors = runs[runs["survived"]]
    return {
        "runs": len(runs),
        "diverged": len(runs) - len(survivors),
        "accuracy": median(survivors["accuracy"].to_numpy(float)),
    }


def _paired(pair: list[pd.DataFrame | None], rng: np.random.Generator) -> PairedComparison | None:
    """A minus B on the seeds that both have; None where there are none."""
    first, second = pair
    if first is None or second is None:
        return None
    pairs = same_seeds(first, second)
    if pairs.empty:
        return None
    return compare_pairs(pairs["first"].to_numpy(float), pairs["second"].to_numpy(float), rng)
