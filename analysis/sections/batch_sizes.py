"""Learning rate and batch size: a map of accuracy and divergence."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import NARROW, ON_DARK, ON_LIGHT, WIDTH, for_screens, svg
from analysis.formatting import plain
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.sections.selection import fixed_settings
from runner.pictures import GREY, project_style

CROWDED = 8
"""Learning rates from which on cells have no room for words."""

LUMINANCE = np.array([0.3, 0.6, 0.1])
"""How bright red, green and blue are."""

COLOURS = "cividis"
"""From dark to light in print too, and the same to colour-blind readers."""


def _make(evidence: Evidence) -> Contents | str:
    runs = evidence.by_batch_size
    if runs.empty:
        return "learning rate by batch size: no learning rate was run with two batch sizes"
    cells = runs.groupby(["lr", "batch_size"]).size()
    return {
        **for_screens(lambda width: learning_rate_by_batch_size(runs, width)),
        "finding": _finding(runs),
        "settings": fixed_settings(evidence.runs, runs),
        "cells": (int(cells.min()), int(cells.max())),
    }


def _finding(runs: pd.DataFrame) -> str:
    """What the smallest and the largest batches reach, at the rate at which most runs survive both."""
    alive = runs[runs["outcome"] != "diverged"]
    table = alive.pivot_table(index="lr", columns="batch_size", values="test_acc", aggfunc="median")
    several = table[table.notna().sum(axis=1) > 1]
    if several.empty:
        return "No learning rate has survivors at two batch sizes."
    counts = alive["lr"].value_counts()
    rate = max(several.index, key=lambda lr: (counts[lr], lr))
    row = several.loc[rate].dropna()
    small, large = row.index[0], row.index[-1]
    return (
        f"At learning rate {plain(rate)}, batch size {small} ends at accuracy {row[small]:.3f}. "
        f"Batch size {large} ends at {row[large]:.3f}."
    )


def learning_rate_by_batch_size(runs: pd.DataFrame, width: float = WIDTH) -> str:
    """A cell for each learning rate and batch size: median test accuracy, share that diverged.

    `runs` differ in these and the seeds. A cell that no run survived is hatched, one without
    runs is empty.
    """
    rates, sizes = (sorted(runs[key].unique()) for key in ("lr", "batch_size"))
    with project_style():
        figure = Figure(figsize=(width, 1.3 + 0.55 * len(sizes)), layout="constrained")
        ax = figure.subplots()
        survivors = runs[runs["outcome"] != "diverged"]
        grid = survivors.pivot_table(
            index="batch_size", columns="lr", values="test_acc", aggfunc="median"
        ).reindex(index=sizes, columns=rates)
        image = ax.imshow(grid, cmap=COLOURS, aspect="auto", origin="lower")
        heights = grid.to_numpy(float)
        dark = image.to_rgba(heights)[..., :3] @ LUMINANCE < 0.5
        for up, across in np.ndindex(heights.shape):
            cell = runs[(runs["batch_size"] == sizes[up]) & (runs["lr"] == rates[across])]
            if len(cell):
                ink = ON_DARK if dark[up, across] else ON_LIGHT
                room = len(rates) * WIDTH / width
                _write_cell(ax, (across, up), cell, float(heights[up, across]), ink, room)
        ax.set_xticks(range(len(rates)), [f"{rate:g}" for rate in rates])
        ax.set_yticks(range(len(sizes)), [str(size) for size in sizes])
        ax.set_xlabel("learning rate")
        ax.set_ylabel("batch size")
        ax.grid(visible=False)
        if width > NARROW:
            figure.colorbar(image, ax=ax, label="median test accuracy", pad=0.02)
        return svg(figure)


def _write_cell(
    ax: Axes,
    place: tuple[int, int],
    runs: pd.DataFrame,
    accuracy: float,
    ink: str,
    columns: float,
) -> None:
    """Accuracy and share in a cell's middle; `accuracy` is nan where no run survived."""
    share = f"{100 * (runs['outcome'] == 'diverged').mean():.0f} %"
    share = share if columns > CROWDED else f"{share} died"
    style: dict[str, Any] = {
        "ha": "center",
        "va": "center",
        "fontsize": 6 if columns > CROWDED else 8,
    }
    if not np.isnan(accuracy):
        ax.text(*place, f"{accuracy:.3f}\n{share}", color=ink, **style)
        return
    across, up = place
    ends = (across - 0.5, across + 0.5)
    ax.fill_between(ends, up - 0.5, up + 0.5, facecolor="none", edgecolor=GREY, hatch="///")
    ax.text(
        *place,
        share,
        color=ON_LIGHT,
        bbox={"facecolor": ON_DARK, "edgecolor": "none", "pad": 2},
        **style,
    )


BATCH_SIZES = Section(
    name="batch_sizes",
    make=_make,
    figure="""\
{% from "macros.md.j2" import figure, of %}
### Learning rate and batch size

{% call figure("batch_sizes", section.number, "A map of learning rate by batch size, coloured by accuracy, with the share of diverged runs in each cell") %}
**{{ section.finding }}** Each cell has the median test accuracy of its survivors, which is also its colour, and the share of its runs that died. A cell has {% if section.cells[0] == section.cells[1] %}{{ section.cells[0] }}{% else %}{{ section.cells[0] }} to {{ section.cells[1] }}{% endif %} {{ section.cells[1] | plural("run") }}. Each rate uses the seeds that its batch sizes share. Hatched cells have no survivor, empty ones no run.{{ of(section.settings) }}
{% endcall %}
""",
)
