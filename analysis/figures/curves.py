"""Curves of a metric over the epochs."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from analysis.statistics import median, seeds_and_orders


def metric_by_epoch(runs: pd.DataFrame, epochs: pd.DataFrame, metric: str) -> pd.DataFrame:
    """A metric by run and epoch."""
    rows = epochs[epochs["run_id"].isin(runs["run_id"])]
    return rows.pivot(index="run_id", columns="epoch", values=metric)


def draw_median(
    ax: Axes, runs: pd.DataFrame, epochs: pd.DataFrame, metric: str, look: dict[str, Any]
) -> None:
    """The median of one learning rate's survivors with its interval; nothing where none is."""
    heights = metric_by_epoch(runs[runs["outcome"] != "diverged"], epochs, metric)
    if heights.empty:
        return
    steps = heights.columns.to_numpy(float)
    drawn = runs.set_index("run_id").loc[heights.index]
    seeds = seeds_and_orders(drawn)
    estimates = (median(column, *seeds) for column in heights.to_numpy().T)
    middle, low, high = zip(*estimates, strict=True)
    ax.fill_between(steps, low, high, color=look["color"], alpha=0.25, linewidth=0)
    halo = withStroke(linewidth=3, foreground="white")  # else lost among its own seeds
    ax.plot(steps, middle, zorder=3, path_effects=[halo], **look)


def epoch_axis(ax: Axes, runs: pd.DataFrame) -> None:
    """Make x an axis of completed epochs, as long as the longest run."""
    ax.set_xlim(-0.15, runs["epochs"].max() + 0.15)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
