"""A small picture of one run: loss and accuracy against epoch."""

import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from runner.run_log import RunLog
from runner.style import BAD, project_style

if TYPE_CHECKING:
    from runner.train import Record

CURVES = {
    "loss": (("train_loss", "#56b4e9"), ("test_loss", "#0072b2")),
    "accuracy": (("train_acc", "#56b4e9"), ("test_acc", "#0072b2")),
}


def log_curves(records: Sequence["Record"], run_log: RunLog) -> None:
    """Log the picture of a run as its artifact `curves.png`, if an epoch was survived."""
    if records[1].diverged_update is not None:
        return
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "curves.png"
        save_curves(records, picture)
        run_log.file(picture)


def save_curves(records: Sequence["Record"], path: Path) -> None:
    """Save the records of a run (the untrained model's first) as a picture of two panels.

    Of a diverged run the curves end before its fatal epoch, which is marked.
    """
    finite = [record for record in records if record.diverged_update is None]
    epochs = [record.epoch for record in finite]
    fatal = None if len(finite) == len(records) else records[len(finite)].epoch
    figure = _prepared(fatal is not None)
    for ax, curves in zip(figure.axes, CURVES.values(), strict=True):
        for line, (name, _) in zip(ax.lines, curves, strict=False):
            line.set_data(epochs, [record.metrics.get(name, np.nan) for record in finite])
        if fatal is not None:
            ax.lines[-1].set_xdata([fatal, fatal])
        ax.set_xticks([0, records[-1].epoch])
        ax.relim()
        ax.autoscale_view()
    figure.savefig(path, dpi=100)


@lru_cache(maxsize=2)
def _prepared(diverged: bool) -> Figure:
    """All of the picture but the values, kept from run to run: every one of a sweep pays for its.

    So there is no automatic layout either, and two ticks per epoch axis.
    """
    with project_style():
        figure = Figure(figsize=(6, 2.2))
        panels = figure.subplots(1, 2)
        figure.subplots_adjust(left=0.08, right=0.98, bottom=0.2, top=0.88, wspace=0.22)
        for ax, (title, curves) in zip(panels, CURVES.items(), strict=True):
            for name, colour in curves:
                ax.plot([], [], color=colour, marker="o", markersize=3, label=name)
            if diverged:
                ax.axvline(0, color=BAD, linestyle="--", label="diverged")
            ax.set_title(title)
            ax.set_xlabel("epoch")
            ax.locator_params(axis="y", nbins=4)
        panels[0].legend(loc="upper right", fontsize=7)
        return figure
