"""A small picture of one run: its loss and accuracy by epoch."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from runner.pictures.background import Background, axis_limit
from runner.pictures.style import BAD, project_style
from runner.records import Record

PANELS = {"loss": ("train_loss", "test_loss"), "accuracy": ("train_acc", "test_acc")}
COLOURS = {"train": "#56b4e9", "test": "#0072b2"}


def save_curves(records: Sequence[Record], path: Path) -> None:
    """Save a run's records (the untrained model's first) as a picture with two panels.

    A diverged run's curves end before its fatal epoch, which is marked.
    """
    finite = [record for record in records if record.diverged_update is None]
    curves = [
        [record.metrics.get(name, np.nan) for record in finite]
        for names in PANELS.values()
        for name in names
    ]
    fatal = None if len(finite) == len(records) else records[len(finite)].epoch
    losses = np.array(curves[: len(COLOURS)])
    highest = axis_limit(float(losses[np.isfinite(losses)].max())) or 1.0
    background, lines = _template(records[-1].epoch, fatal, highest)
    for line, values in zip(lines, curves, strict=True):
        line.set_data([record.epoch for record in finite], values)
    background.save(path)


@lru_cache(maxsize=16)
def _template(last: int, fatal: int | None, highest_loss: float) -> tuple[Background, list[Line2D]]:
    """The picture without its lines (1 MB), and the lines in the order of the panels."""
    with project_style():
        figure = Figure(figsize=(6, 2.2), dpi=100)
        panels = figure.subplots(1, 2)
        figure.subplots_adjust(left=0.11, right=0.98, bottom=0.2, top=0.86, wspace=0.26)
        lines = []
        for ax, title, top in zip(panels, PANELS, (highest_loss, 1.0), strict=True):
            for name, colour in COLOURS.items():
                lines += ax.plot([], [], color=colour, marker="o", markersize=3, label=name)
            if fatal is not None:
                ax.axvline(fatal, color=BAD, linestyle="--", label="diverged")
            ax.set_title(title)
            ax.set_xlabel("epoch")
            ax.set_xticks([0, last])
            ax.set_xlim(-0.04 * last, 1.04 * last)
            ax.set_ylim(-0.04 * top, 1.04 * top)
            ticks = (0, top / 2, top)
            ax.set_yticks(ticks, [f"{tick:.3g}".replace("e+0", "e") for tick in ticks])
        beside_title = {"loc": "lower right", "bbox_to_anchor": (1, 1), "borderaxespad": 0}
        panels[0].legend(**beside_title, ncols=3, fontsize=7.5, handlelength=1.5, columnspacing=0.8)
        return Background(figure, lines), lines
