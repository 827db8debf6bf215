"""The pictures of the report, in the project's style: each is returned as SVG text."""

import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from analysis.comparison import Comparison, FigureCheck
from runner.config import LOSS_NAMES
from runner.style import BAD, NEUTRAL, colours, project_style

LOSS, ACCURACY = "test_loss", "test_acc"

CROSS_SHIFT = 0.13
"""Epochs between the crosses of neighbouring learning rates."""


def epochs_by_learning_rate(runs: pd.DataFrame, epochs: pd.DataFrame) -> str:
    """Test loss and accuracy against epoch: a thin line per run, coloured by learning rate.

    A run that diverged is drawn to its last finite epoch and ends there in a cross.
    """
    with project_style():
        figure = Figure(figsize=(7.5, 3.4), layout="constrained")
        loss, accuracy = figure.subplots(1, 2)
        _draw_runs(loss, runs, epochs, LOSS)
        _draw_runs(accuracy, runs, epochs, ACCURACY)
        loss.set_title("Test loss")
        loss.set_yscale("log")
        loss.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        loss.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        loss.yaxis.set_minor_formatter(NullFormatter())
        accuracy.set_title("Test accuracy")
        accuracy.set_ylim(0, 1)
        _legend(figure, runs)
        return svg(figure)


def epochs_by_loss(runs: pd.DataFrame, epochs: pd.DataFrame) -> str:
    """Test accuracy against epoch, a panel for each form of the loss, drawn as above."""
    losses = [loss for loss in LOSS_NAMES if (runs["loss"] == loss).any()]
    with project_style():
        figure = Figure(figsize=(7.5, 3.1), layout="constrained")
        panels = figure.subplots(1, len(losses), sharey=True, squeeze=False)[0]
        for ax, loss in zip(panels, losses, strict=True):
            _draw_runs(ax, runs[runs["loss"] == loss], epochs, ACCURACY)
            ax.set_title(loss)
        panels[0].set_ylim(0, 1)
        panels[0].set_ylabel("test accuracy")
        _legend(figure, runs)
        return svg(figure)


def printed_beside_ours(comparisons: Sequence[Comparison]) -> str:
    """Each printed figure's place in the 95 % prediction interval of ours.

    The band is the interval, drawn from -1 to 1 with the median at 0; a figure outside it is
    marked. What lies further than three intervals away is drawn at the border.
    """
    shown = [one for one in comparisons if any(check.inside is not None for check in one.checks)]
    markers = {"train_loss": "o", "train_acc": "^", "test_acc": "s"}
    with project_style():
        figure = Figure(figsize=(7.5, 1.2 + 0.42 * len(shown)), layout="constrained")
        ax = figure.subplots()
        ax.axvspan(-1, 1, color=NEUTRAL, alpha=0.25, linewidth=0)
        ax.axvline(0, color=NEUTRAL, linewidth=1)
        for row, one in enumerate(shown):
            for check in one.checks:
                metric = check.figure.metric.removesuffix("_batch_mean")
                height = row + 0.26 * (list(markers).index(metric) - 1)
                colour = "#333333" if check.inside else BAD
                ax.plot(_place(check), height, markers[metric], color=colour, markersize=4.5)
        ax.set_yticks(range(len(shown)), [one.printed.name for one in shown])
        ax.invert_yaxis()
        ax.set_xlim(-3.2, 3.2)
        ax.set_xticks([-1, 0, 1], ["2.5 %", "median", "97.5 %"])
        ax.set_xlabel("place of the printed figure among ours")
        ax.grid(visible=False)
        names = {"train_loss": "train loss", "train_acc": "train accuracy", "test_acc": "test"}
        handles = [
            Line2D([], [], color="#333333", marker=markers[key], linestyle="", label=name)
            for key, name in names.items()
        ]
        handles.append(Line2D([], [], color=BAD, marker="o", linestyle="", label="outside"))
        figure.legend(handles=handles, loc="outside lower center", ncols=4)
        return svg(figure)


def _place(check: FigureCheck) -> float:
    """0 at the median, -1 and 1 at the ends of the prediction interval, 3 at the border."""
    low, high = check.low, check.high
    assert low is not None
    assert high is not None
    distance = check.figure.value - check.median
    width = high - check.median if distance > 0 else check.median - low
    return float(np.clip(distance / width if width > 0 else 3 * np.sign(distance), -3, 3))


def _draw_runs(ax: Axes, runs: pd.DataFrame, epochs: pd.DataFrame, metric: str) -> None:
    """All runs into one panel, coloured by learning rate."""
    rates = sorted(runs["lr"].unique(), reverse=True)
    colour = colours(rates)
    by_run = dict(list(epochs.groupby("run_id")))
    for run in runs.to_dict("records"):
        shift = CROSS_SHIFT * (rates.index(run["lr"]) - (len(rates) - 1) / 2)
        rows = by_run[run["run_id"]]
        _draw_run(ax, rows, metric, run["diverged_epoch"], colour[run["lr"]], shift)
    ax.set_xlim(-0.4, runs["epochs"].max() + 0.2)
    ax.set_xlabel("epochs completed")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def _legend(figure: Figure, runs: pd.DataFrame) -> None:
    """The learning rates and the cross below the panels."""
    rates = sorted(runs["lr"].unique(), reverse=True)
    colour = colours(rates)
    handles = [
        Line2D([], [], color=colour[rate], label=f"learning rate {rate:g}") for rate in rates
    ]
    if (runs["outcome"] == "diverged").any():
        handles.append(
            Line2D([], [], color="#555555", marker="x", linestyle="", label="diverged after here")
        )
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 4))


def _draw_run(
    ax: Axes, rows: pd.DataFrame, metric: str, diverged_epoch: float, colour: str, shift: float
) -> None:
    """One run; `diverged_epoch` is nan for a run that did not diverge.

    `shift` moves its cross along the epochs, so that crosses of the same untrained model show.
    """
    if not pd.isna(diverged_epoch):
        rows = rows[rows["epoch"] < diverged_epoch]
        last = rows.iloc[-1]
        ax.plot(
            last["epoch"] + shift,
            last[metric],
            "x",
            color=colour,
            markeredgewidth=1.6,
            clip_on=False,
        )
    ax.plot(rows["epoch"], rows[metric], color=colour, linewidth=0.9, alpha=0.8)


def svg(figure: Figure) -> str:
    """A figure as SVG text, the same whenever it is drawn."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()
