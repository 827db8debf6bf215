"""Epoch by epoch: loss and accuracy of every run, and where the diverged ones end."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.figures import (
    MANY,
    NARROW,
    WIDTH,
    draw_median,
    epoch_axis,
    for_screens,
    log_axis,
    metric_by_epoch,
    rates_of_panels,
    svg,
)
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.sections.selection import at_commonest_settings, fixed_settings
from analysis.statistics import updates_per_epoch
from runner.pictures import GREY, project_style, rate_look

LOSS, ACCURACY = "test_loss", "test_acc"

ROOMY = 3
"""Panels side by side that have room."""


def _make(evidence: Evidence) -> Contents | str:
    every = at_commonest_settings(evidence.runs)
    shown = every[every["lr"].isin(rates_of_panels(every, ROOMY))]
    of_shown = evidence.epochs["run_id"].isin(shown["run_id"])
    if not np.isfinite(evidence.epochs.loc[of_shown, LOSS]).any():
        return "epoch by epoch: no test loss is finite"
    return {
        **for_screens(lambda width: epochs_by_learning_rate(shown, evidence.epochs, width)),
        "finding": _finding(shown),
        "settings": fixed_settings(evidence.runs, shown),
        "shown": (shown["lr"].nunique(), every["lr"].nunique()),
    }


def _finding(runs: pd.DataFrame) -> str:
    """How many runs die at the largest learning rate at which any does."""
    lost = runs[runs["outcome"] == "diverged"]
    if lost.empty:
        return "Every run survives."
    rate = lost["lr"].max()
    return (
        f"At learning rate {rate:g}, {int((lost['lr'] == rate).sum())} of "
        f"{int((runs['lr'] == rate).sum())} runs die."
    )


def epochs_by_learning_rate(runs: pd.DataFrame, epochs: pd.DataFrame, width: float = WIDTH) -> str:
    """Test loss and accuracy against epoch, a column of two panels for each learning rate.

    A thin line is a run, a thick one the median of those that did not diverge, with its 95 %
    interval as a band. A run that diverged ends in a cross at its update, at its last height.
    """
    rates = rates_of_panels(runs)
    with project_style():
        figure = Figure(figsize=(width, 4.6), layout="constrained")
        panels = figure.subplots(2, len(rates), sharex=True, sharey="row", squeeze=False)
        for column, rate in enumerate(rates):
            of_rate = runs[runs["lr"] == rate]
            for ax, metric in zip(panels[:, column], (LOSS, ACCURACY), strict=True):
                _draw_seeds(ax, of_rate, epochs, metric)
                draw_median(ax, of_rate, epochs, metric, rate_look(rate))
            name = "learning rate" if len(rates) <= ROOMY and width > NARROW else "lr"
            panels[0, column].set_title(f"{name} {rate:g}")
            _write_lost(panels[0, column], of_rate)
            panels[1, column].set_xlabel("epochs completed")
        panels[0, 0].set_ylabel("test loss")
        panels[0, 0].set_yscale("log")
        log_axis(panels[0, 0].yaxis)
        panels[1, 0].set_ylabel("test accuracy")
        panels[1, 0].set_ylim(0, 1)
        epoch_axis(panels[0, 0], runs)
        figure.legend(
            handles=_handles(runs), loc="outside lower center", ncols=4 if width > NARROW else 2
        )
        return svg(figure)


def _write_lost(ax: Axes, runs: pd.DataFrame) -> None:
    lost = int((runs["outcome"] == "diverged").sum())
    if lost:
        ax.text(
            0.97,
            0.95,
            f"{lost} of {len(runs)} died",
            transform=ax.transAxes,
            ha="right",
            va="top",
            fontsize=8,
            color=GREY,
        )


def _draw_seeds(ax: Axes, runs: pd.DataFrame, epochs: pd.DataFrame, metric: str) -> None:
    """Every run of one learning rate as a thin line, as one path: thousands would be slow."""
    look = rate_look(runs["lr"].iloc[0])
    ends = runs.set_index("run_id")["diverged_epoch"]
    table = metric_by_epoch(runs, epochs, metric)
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


def _handles(runs: pd.DataFrame) -> list[Line2D | Patch]:
    """What the marks mean, in grey: the colours are those of the titles."""
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=GREY, linewidth=0.6, label="a run"),
        Line2D([], [], color=GREY, linewidth=1.8, linestyle="--", label="median of survivors"),
        Patch(color=GREY, alpha=0.25, label="its 95 % interval"),
    ]
    if (runs["outcome"] == "diverged").any():
        handles.append(
            Line2D([], [], color=GREY, marker="x", linestyle=":", label="died at this update")
        )
    return handles


EPOCHS = Section(
    name="epochs",
    make=_make,
    figure="""\
{% from "macros.md.j2" import figure, of %}
### Epoch by epoch

{% call figure("epochs", section.number, "Test loss and test accuracy against epoch, a column for each learning rate, a line for each run") %}
**{{ section.finding }}** A thin line is a run, a thick one the median of the survivors. A cross ends a run that died, at its last finite value; those that died in their first updates pile up at the left edge. Where the bundle is narrow, the seed hardly matters to those that survive.{% if section.shown[0] < section.shown[1] %} Shown are {{ section.shown[0] }} of {{ section.shown[1] }} learning rates.{% endif %}{{ of(section.settings) }} The test loss is computed in a form that cannot overflow.
{% endcall %}
""",
)
