"""What the pictures share."""

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from analysis.printed import RATES
from runner.pictures import rate_looks

WIDTH = 7.5
"""Inches: a picture is as wide as the page's column, so that its text is as large as the text."""

NARROW = 3.9
"""The same on a phone, where panels stand one below the other."""

ON_DARK, ON_LIGHT = "#fdfdfd", "#020202"
"""Colours of text on a coloured cell, which is the same in dark mode."""

MANY = 40
"""Lines of one panel from which on they are stored as pixels: as curves they take megabytes."""

MOST_PANELS = 5
"""Learning rates that fit beside each other."""


def svg(figure: Figure) -> str:
    """A figure as SVG text, the same whenever it is drawn."""
    file = io.StringIO()
    figure.dpi = rcParams["savefig.dpi"]  # of pixels; savefig would draw the figure twice
    FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None, "Creator": None})
    return file.getvalue()


def for_screens(draw: Callable[[float], str], wide: float = WIDTH) -> dict[str, str]:
    """A picture drawn for the page and for a phone: a section's `picture` and `narrow`.

    `draw` gives the SVG of a picture of so many inches.
    """
    return {"picture": draw(wide), "narrow": draw(NARROW)}


def panels_beside(figure: Figure, count: int, width: float, **options: Any) -> list[Axes]:
    """Panels side by side; in a narrow picture one below the other."""
    grid = (count, 1) if width <= NARROW else (1, count)
    return list(figure.subplots(*grid, squeeze=False, **options).flat)


def spread(values: Sequence[float], count: int) -> list[float]:
    """At most `count` of the sorted values: the first, the last and evenly many between."""
    ordered = sorted(values)
    places = np.linspace(0, len(ordered) - 1, min(count, len(ordered))).round().astype(int)
    return [ordered[place] for place in places]


def rates_of_panels(runs: pd.DataFrame, most: int = MOST_PANELS) -> list[float]:
    """The learning rates that get a panel, the largest first: the article's, and some others."""
    rates = set(runs["lr"].tolist())
    of_article = rates & set(RATES)
    others = spread(sorted(rates - of_article), most - len(of_article))
    return sorted({*of_article, *others}, reverse=True)


def rate_axis(ax: Axes, rates: Sequence[float]) -> None:
    """Make x a logarithmic axis of learning rates, labelled with the rates where these are few."""
    ax.set_xscale("log")
    ordered = sorted(rates)
    gaps = np.diff(np.log10(ordered))
    if len(ordered) <= 8 and (not len(gaps) or gaps.min() > 0.05 * gaps.sum()):
        ax.xaxis.set_major_locator(FixedLocator(ordered))
        ax.xaxis.set_minor_locator(NullLocator())
    plain_numbers(ax.xaxis)
    ax.set_xlim(ordered[0] / 1.6, ordered[-1] * 1.6)
    ax.set_xlabel("learning rate")


def rate_legend(figure: Figure, rates: Sequence[float], **look: Any) -> None:
    """How each learning rate is drawn, below the panels; `look` changes it for all."""
    looks = rate_looks(rates)
    handles = [Line2D([], [], label=f"{rate:g}", **{**looks[rate], **look}) for rate in rates]
    title = Line2D([], [], linestyle="", label="learning rate")
    figure.legend(handles=[title, *handles], loc="outside lower center", ncols=len(rates) + 1)


def log_axis(axis: Axis) -> None:
    """Label a logarithmic axis at 1, 2 and 5 of each decade, or at decades where it is long."""
    low, high = axis.get_view_interval()
    short = np.log10(high / low) < 2.5
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if short else (1,)))
    plain_numbers(axis)


def plain_numbers(axis: Axis) -> None:
    """Write 0.1 instead of a power of ten."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def image_axes(ax: Axes) -> None:
    """Clear the ticks, grid and frame around an image; a label may stand."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
