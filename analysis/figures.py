"""The pictures of the report, in the project's style: each is returned as SVG text."""

import io

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from runner.style import colours, project_style

LOSS, ACCURACY = "test_loss", "test_acc"

CROSS_SHIFT = 0.13
"""Epochs between the crosses of neighbouring learning rates."""


def epochs_by_learning_rate(runs: pd.DataFrame, epochs: pd.DataFrame) -> str:
    """Test loss and accuracy against epoch: a thin line per run, coloured by learning rate.

    A run that diverged is drawn to its last finite epoch and ends there in a cross.
    """
    rates = sorted(runs["lr"].unique(), reverse=True)
    colour = colours(rates)
    handles = [
        Line2D([], [], color=colour[rate], label=f"learning rate {rate:g}") for rate in rates
    ]
    with project_style():
        figure = Figure(figsize=(7.5, 3.4), layout="constrained")
        for ax, metric in zip(figure.subplots(1, 2), (LOSS, ACCURACY), strict=True):
            for run in runs.to_dict("records"):
                rows = epochs[epochs["run_id"] == run["run_id"]]
                shift = CROSS_SHIFT * (rates.index(run["lr"]) - (len(rates) - 1) / 2)
                _draw_run(ax, rows, metric, run["diverged_epoch"], colour[run["lr"]], shift)
            ax.set_xlim(-0.4, runs["epochs"].max() + 0.2)
            ax.set_xlabel("epochs completed")
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        loss, accuracy = figure.axes
        loss.set_title("Test loss")
        loss.set_yscale("log")
        loss.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        loss.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        loss.yaxis.set_minor_formatter(NullFormatter())
        accuracy.set_title("Test accuracy")
        accuracy.set_ylim(0, 1)
        if (runs["outcome"] == "diverged").any():
            handles.append(
                Line2D(
                    [], [], color="#555555", marker="x", linestyle="", label="diverged after here"
                )
            )
        figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 4))
        return _svg(figure)


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


def _svg(figure: Figure) -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()
