"""The grid of learning rates among the runs of an experiment."""

import pandas as pd

from analysis.reading import PARAMS
from analysis.statistics import SEEDS

FEWEST_RATES = 10
"""Learning rates that make a grid."""

DESIGN = [key for key in PARAMS if key not in ("lr", "loss", *SEEDS)]
"""What all runs of a grid share."""


def learning_rate_grid(runs: pd.DataFrame) -> pd.DataFrame | None:
    """The runs that make a grid of learning rates: the largest such set of one design.

    The runs of a grid share everything but loss form, learning rate and seed. The order of
    the training examples comes from one `order_seed` in all of them, or from each run's own
    seed. A form's seed counts if it ran at 10 or more learning rates, and a learning rate if
    more than half of the form's seeds ran at it, so that other sweeps of the same experiment do
    not give single rates more runs. None where nothing is left.
    """
    grids = []
    for _, design in runs.groupby(DESIGN):
        if design["lr"].nunique() < FEWEST_RATES:
            continue
        own = design[design["seed"] == design["order_seed"]]
        shared = [rows for _, rows in design.groupby("order_seed")]
        grids += [_complete(candidate) for candidate in (own, *shared)]
    largest = max(grids, key=len, default=runs[:0])
    return None if largest.empty else largest


def _complete(runs: pd.DataFrame) -> pd.DataFrame:
    """Without seeds at few learning rates and, then, learning rates of few seeds."""
    rates = runs.groupby(["loss", "seed"])["lr"].transform("nunique")
    runs = runs[rates >= FEWEST_RATES]
    seeds = runs.groupby("loss")["seed"].transform("nunique")
    return runs[runs.groupby(["loss", "lr"])["seed"].transform("nunique") > seeds / 2]
