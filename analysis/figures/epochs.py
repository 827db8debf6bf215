"""Loss and accuracy against epoch."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from analysis.figures.drawing import MANY, WIDTH, log_axis, rate_legend, spread, svg
from analysis.printed import RATES
from analysis.statistics import median, updates_per_epoch
from runner.configuration import LOSS_NAMES
from runner.pictures import GREY, project_style, rate_look, rate_looks

LOSS, ACCURACY = "test_loss", "test_acc"

MOST_PANELS = 5

ROOMY = 3
"""Panels side by side that have room for words over them."""

LINE = 10.5
"""The height of a line of small text above a panel, in points."""


def rates_of_panels(runs: pd.DataFrame) -> list[float]:
    """The learning rates that get a panel, the largest first: the article's, and some others."""
    rates = set(runs["lr"].tolist())
    of_article = rates & set(RATES)
    others = spread(sorted(rates - of_article), MOST_PANELS - len(of_article))
    return sorted({*of_article, *others}, reverse=True)


def epochs_by_learning_rate(runs: pd.DataFrame, epochs: pd.DataFrame) -> str:
    """Test loss and accuracy against epoch, a column of two panels for each learning rate.

    A thin line is a run, a thick one the median of those that did not diverge, with its 95 %
    interval as a band. A run that diverged ends in a cross at its update, at its last height.
    """
    rates = rates_of_panels(runs)
    with project_style():
        figure = Figure(figsize=(WIDTH, 4.6), layout="constrained")
        panels = figure.subplots(2, len(rates), sharex=True, sharey="row", squeeze=False)
        for column, rate in enumerate(rates):
            of_rate = runs[runs["lr"] == rate]
            for ax, metric in zip(panels[:, column], (LOSS, ACCURACY), strict=True):
                _draw_seeds(ax, of_rate, epochs, metric)
                _draw_median(ax, of_rate, epochs, metric, rate_look(rate))
            name = "learning rate" if len(rates) <= ROOMY else "lr"
            panels[0, column].set_title(f"{name} {rate:g}")
            _write_lost(panels[0, column], of_rate)
            panels[1, column].set_xlabel("epochs completed")
        panels[0, 0].set_ylabel("test loss")
        panels[0, 0].set_yscale("log")
        log_axis(panels[0, 0].yaxis)
        panels[1, 0].set_ylabel("test accuracy")
        panels[1, 0].set_ylim(0, 1)
        _epoch_axis(panels[0, 0], runs)
        figure.legend(handles=_handles(runs), loc="outside lower center", ncols=4)
        return svg(figure)


def epochs_by_loss(runs: pd.DataFrame, epochs: pd.DataFrame) -> str:
    """Test accuracy against epoch, a panel for each form of the loss, a median for each rate."""
    losses = [loss for loss in LOSS_NAMES if (runs["loss"] == loss).any()]
    rates = rates_of_panels(runs)
    with project_style():
        figure = Figure(figsize=(WIDTH, 3.5), layout="constrained")
        panels = figure.subplots(1, len(losses), sharey=True, squeeze=False)[0]
        for ax, loss in zip(panels, losses, strict=True):
            for rate, look in rate_looks(rates).items():
                of_rate = runs[(runs["loss"] == loss) & (runs["lr"] == rate)]
                _draw_median(ax, of_rate, epochs, ACCURACY, look)
            ax.set_title(loss, pad=5 + LINE * -(-len(rates) // 2))
            ax.set_xlabel("epochs completed")
            _write_survivors(ax, runs[runs["loss"] == loss], rates)
            _epoch_axis(ax, runs)
        panels[0].set_ylim(0, 1)
        panels[0].set_ylabel("test accuracy")
        rate_legend(figure, rates)
        return svg(figure)


def _write_lost(ax: Axes, runs: pd.DataFrame) -> None:
    lost = int((runs["outcome"] == "diverged").sum())
    if lost:
        ax.text(
            0.97,
            0.95,
            f"{lost} of {len(runs)} diverged",
            transform=ax.transAxes,
            ha="right",
            va="top",
            fontsize=8,
            color=GREY,
        )


def _write_survivors(ax: Axes, runs: pd.DataFrame, rates: list[float]) -> None:
    """How many runs of each learning rate lived, between the title and the panel."""
    alive = (runs["outcome"] != "diverged").groupby(runs["lr"]).agg(["sum", "size"])
    tried = [rate for rate in rates if rate in alive.index]
    shares = [f"{rate:g}: {alive['sum'][rate]} of {alive['size'][rate]}" for rate in tried]
    lines = [", ".join(shares[start : start + 2]) for start in range(0, len(shares), 2)]
    ax.annotate(
        ",\n".join(lines),
        (0, 1),
        xytext=(0, 3),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=8,
        color=GREY,
    )


def _draw_median(
    ax: Axes, runs: pd.DataFrame, epochs: pd.DataFrame, metric: str, look: dict[str, Any]
) -> None:
    """The median of one learning rate's survivors with its interval; nothing where none is."""
    heights = _table(runs[runs["outcome"] != "diverged"], epochs, metric)
    if heights.empty:
        return
    steps = heights.columns.to_numpy(float)
    middle, low, high = zip(*(median(column) for column in heights.to_numpy().T), strict=True)
    ax.fill_between(steps, low, high, color=look["color"], alpha=0.25, linewidth=0)
    halo = withStroke(linewidth=3, foreground="white")  # else lost among its own seeds
    ax.plot(steps, middle, zorder=3, path_effects=[halo], **look)


def _draw_seeds(ax: Axes, runs: pd.DataFrame, epochs: pd.DataFrame, metric: str) -> None:
    """Every run of one learning rate as a thin line, as one path: thousands would be slow."""
    look = rate_look(runs["lr"].iloc[0])
    ends = runs.set_index("run_id")["diverged_epoch"]
    table = _table(runs, epochs, metric)
    heights = table.to_numpy(float)
    steps = np.array(table.columns, float)
    alive = ~(steps >= ends.reindex(table.index).to_numpy(float)[:, None])
    heights = np.where(alive, heights, np.nan)
    ax.plot(
        *_joined(steps, heights),
        color=look["color"],
        linewidth=0.6,
        alpha=0.4,
        rasterized=len(runs) > MANY,
    )
    dead = runs.set_index("run_id").reindex(table.index)
    dead = dead[dead["outcome"] == "diverged"]
    if dead.empty:
        return
    last = pd.DataFrame(heights, table.index).ffill(axis=1).iloc[:, -1].reindex(dead.index)
    starts = dead["diverged_epoch"] - 1
    places = dead["diverged_update"] / updates_per_epoch(dead)
    pairs = np.column_stack([starts, np.maximum(starts, places), np.full(len(dead), np.nan)])
    level = np.column_stack([last, last, np.full(len(dead), np.nan)])
    ax.plot(pairs.ravel(), level.ravel(), color=look["color"], linewidth=0.6, linestyle=":")
    ax.plot(places, last, "x", color=look["color"], markersize=5, clip_on=False, alpha=0.8)


def _joined(
    steps: npt.NDArray[np.float64], heights: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Many lines (n, k) over the same steps (k,) as one with gaps."""
    gaps = np.full((len(heights), 1), np.nan)
    across = np.hstack([np.broadcast_to(steps, heights.shape), gaps])
    return across.ravel(), np.hstack([heights, gaps]).ravel()


def _table(runs: pd.DataFrame, epochs: pd.DataFrame, metric: str) -> pd.DataFrame:
    """A metric by run and epoch."""
    rows = epochs[epochs["run_id"].isin(runs["run_id"])]
    return rows.pivot(index="run_id", columns="epoch", values=metric)


def _epoch_axis(ax: Axes, runs: pd.DataFrame) -> None:
    ax.set_xlim(-0.15, runs["epochs"].max() + 0.15)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def _handles(runs: pd.DataFrame) -> list[Line2D | Patch]:
    """What the marks mean, in grey: the colours are those of the titles."""
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=GREY, linewidth=0.6, label="a run"),
        Line2D([], [], color=GREY, linewidth=1.8, linestyle="--", label="median of survivors"),
        Patch(color=GREY, alpha=0.25, label="its 95 % interval"),
    ]
    if (runs["outcome"] == "diverged").any():
        handles.append(
            Line2D([], [], color=GREY, marker="x", linestyle=":", label="diverged at this update")
        )
    return handles
