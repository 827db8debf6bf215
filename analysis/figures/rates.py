"""Final accuracy and share of diverged runs against learning rate."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from analysis.figures.drawing import MANY, NARROW, WIDTH, rate_axis, svg
from analysis.statistics import median, seeds_and_orders, share
from runner.pictures import GREY, LOSS_LOOKS, LOSS_TITLES, project_style, rate_look

SIDE = 1.12
"""Factor on the learning rate between the marks of neighbouring forms of the loss."""


def outcome_by_learning_rate(series: Mapping[str, pd.DataFrame], width: float = WIDTH) -> str:
    """Final test accuracy of the survivors above the share of runs that diverged.

    `series` are runs by label: those of a form of the loss or of a sweep, which differ in
    learning rate and seeds. Dots are runs, marks medians with their 95 % interval, shares have
    Wilson's; both allow for seeds crossed with orders. A single series has the colours of its
    learning rates.
    """
    looks = dict(zip(series, LOSS_LOOKS.values(), strict=False))
    looks = {label: LOSS_LOOKS.get(label, look) for label, look in looks.items()}
    with project_style():
        figure = Figure(figsize=(width, 4.6), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 1))
        for number, (label, runs) in enumerate(series.items()):
            side = SIDE ** (number - (len(series) - 1) / 2)
            look = looks[label] if len(series) > 1 else {"color": GREY}
            _draw_accuracies(above, runs, side, look, own_colours=len(series) == 1)
            _draw_shares(below, runs, side, look)
        above.set_title("Final test accuracy of the survivors")
        above.set_ylim(0, 1)
        below.set_title("Share of runs that died")
        below.set_ylim(-0.03, 1.03)
        below.yaxis.set_major_formatter(PercentFormatter(1))
        rate_axis(below, sorted({rate for runs in series.values() for rate in runs["lr"]}))
        handles = [
            Line2D([], [], label=LOSS_TITLES.get(label, label), **look)
            for label, look in looks.items()
        ]
        handles = handles if len(series) > 1 else []
        grey: dict[str, Any] = {"color": GREY, "linestyle": ""}
        handles.append(Line2D([], [], marker=".", label="a run", **grey))
        handles.append(Line2D([], [], marker="|", markersize=9, label="95 % interval", **grey))
        figure.legend(
            handles=handles, loc="outside lower center", ncols=len(handles) if width > NARROW else 2
        )
        return svg(figure)


def _draw_accuracies(
    ax: Axes, runs: pd.DataFrame, side: float, look: dict[str, Any], own_colours: bool
) -> None:
    survivors = runs[runs["outcome"] != "diverged"]
    places, heights = [], []
    for rate in sorted(survivors["lr"].unique()):
        group = survivors[survivors["lr"] == rate]
        values = group["test_acc"].to_numpy(float)
        mark = rate_look(rate) if own_colours else look
        middle = median(values, *seeds_and_orders(group))
        across = rate * side
        dots = np.full(len(values), across * SIDE**0.3)
        faint: dict[str, Any] = {"markersize": 3, "alpha": 0.4, "rasterized": len(values) > MANY}
        ax.plot(dots, values, ".", color=mark["color"], **faint)
        ax.vlines(across, middle.low, middle.high, color=mark["color"], linewidth=2)
        ax.plot(across, middle.value, color=mark["color"], marker=mark["marker"], zorder=3)
        places.append(across)
        heights.append(middle.value)
    ax.plot(places, heights, color=look["color"], linestyle=look.get("linestyle", "-"), linewidth=1)


def _draw_shares(ax: Axes, runs: pd.DataFrame, side: float, look: dict[str, Any]) -> None:
    rates = np.sort(runs["lr"].unique())
    estimates = []
    for rate in rates:
        group = runs[runs["lr"] == rate]
        lost = group["outcome"] == "diverged"
        estimates.append(share(lost, *seeds_and_orders(group)))
    values, low, high = np.array(estimates).T
    ax.vlines(rates * side, low, high, color=look["color"], linewidth=1)
    ax.plot(rates * side, values, clip_on=False, **{"marker": "o", **look})
