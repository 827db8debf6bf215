"""The picture of the edge: what breaks, what learns and what curves at which learning rate."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from analysis.figures import NARROW, WIDTH, plain_numbers, svg
from analysis.sections.edge.bounds import AcrossRates, Bounds
from runner.pictures import GREY, LOSS_LOOKS, LOSS_TITLES, project_style

START = "#d9d9d9"
SIDE = 1.09
"""Factor on the learning rate between the marks of neighbouring forms."""

THIN_GREY: dict[str, Any] = {"color": GREY, "linewidth": 0.9}


def edge_figure(
    shares: pd.DataFrame, accuracies: pd.DataFrame, bounds: Bounds, width: float = WIDTH
) -> str:
    """Share of diverged runs, final test accuracy and curvature bound against learning rate.

    `shares` as from `divergence_shares`, `accuracies` as from `final_figures`. Loss forms
    differ in colour, marker and dash; their marks are set side by side. The bounds stand
    upright in the first two panels: a grey band for the untrained models, a line for each form
    at the middle of its bounds after training; the third panel has them at all learning rates.
    """
    forms = [form for form in LOSS_LOOKS if form in set(shares["loss"])]
    heights = [1, 1.15, 1.15] if bounds.across else [1, 1.15]
    with project_style():
        figure = Figure(figsize=(width, 2.1 * sum(heights) + 0.9), layout="constrained")
        panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
        for number, form in enumerate(forms):
            side = SIDE ** (number - (len(forms) - 1) / 2)
            _draw_shares(panels[0], shares[shares["loss"] == form], form, side)
            _draw_accuracies(panels[1], accuracies[accuracies["loss"] == form], form, side)
        panels[0].set_title("Share of runs that died")
        panels[0].yaxis.set_major_formatter(PercentFormatter(1))
        panels[1].set_title("Test accuracy after the last epoch")
        for ax in panels[:2]:
            ax.set_ylim(-0.03, 1.03)
            _draw_bounds(ax, bounds)
        if bounds.across:
            _draw_across(panels[2], bounds.across)
        panels[-1].set_xscale("log")
        plain_numbers(panels[-1].xaxis)
        panels[-1].set_xlabel("learning rate")
        figure.legend(
            handles=_handles(forms, bounds),
            loc="outside lower center",
            ncols=2 if width > NARROW else 1,
        )
        return svg(figure)


def _draw_shares(ax: Axes, rows: pd.DataFrame, form: str, side: float) -> None:
    rates = rows["lr"] * side
    ax.plot(rates, rows["share"], markersize=3.5, clip_on=False, **LOSS_LOOKS[form])
    ax.vlines(rates, rows["low"], rows["high"], **_thin(form))


def _draw_accuracies(ax: Axes, rows: pd.DataFrame, form: str, side: float) -> None:
    rates = rows["lr"] * side
    ax.plot(rates, rows["median"], markersize=3.5, **LOSS_LOOKS[form])
    ax.vlines(rates, rows["min"], rows["max"], **_thin(form))
    ax.plot(rates, rows["mean_of_all"], linestyle=":", **_thin(form))


def _draw_bounds(ax: Axes, bounds: Bounds) -> None:
    if bounds.start:
        ax.axvspan(*bounds.start, color=START, zorder=0)
    for form, look in LOSS_LOOKS.items():
        if form in bounds.end:
            low, high = bounds.end[form]
            ax.axvline((low * high) ** 0.5, color=look["color"], linestyle=look["linestyle"])


def _draw_across(ax: Axes, across: AcrossRates) -> None:
    rates, bounds = list(across.bounds), list(across.bounds.values())
    ax.plot(rates, bounds, markersize=3.5, **LOSS_LOOKS[across.form])
    ax.plot(rates, rates, **THIN_GREY)
    low, high = min(bounds) / 1.6, max(*bounds, *rates) * 1.6
    ax.set_ylim(low, high)
    ax.annotate(
        "bound = learning rate",
        ((low * high) ** 0.5,) * 2,
        xytext=(8, -4),
        textcoords="offset points",
        va="top",
        color=GREY,
    )
    ax.set_yscale("log")
    plain_numbers(ax.yaxis)
    ax.set_title(f"Curvature bound after training, {LOSS_TITLES[across.form]}, seed {across.seed}")


def _thin(form: str) -> dict[str, Any]:
    return {"color": LOSS_LOOKS[form]["color"], "linewidth": 0.9}


def _handles(forms: list[str], bounds: Bounds) -> list[Any]:
    """Left column: the forms and their bounds; right column: what a mark means."""
    lines: list[Any] = [
        Line2D([], [], markersize=3.5, label=LOSS_TITLES[form], **LOSS_LOOKS[form])
        for form in forms
    ]
    lines.append(Line2D([], [], linestyle=":", label="mean accuracy of all runs", **THIN_GREY))
    if bounds.start:
        lines.append(Patch(color=START, label="curvature bound, untrained models"))
    if bounds.end:
        lines.append(
            Line2D(
                [],
                [],
                marker="|",
                markersize=9,
                linestyle="",
                label="the same after training at the rate of the highest mean",
                **THIN_GREY,
            )
        )
    return lines
