"""The picture of the horizon: how the last bit grows, and what spread it makes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import (
    NARROW,
    WIDTH,
    log_axis,
    panels_beside,
    plain_numbers,
    rate_axis,
    rate_legend,
    svg,
)
from analysis.sections.horizon.twins import Twins
from runner.pictures import GREY, LOSS_LOOKS, LOSS_TITLES, project_style, rate_looks

SIDE = 1.12
"""Factor on the learning rate between the marks of neighbouring forms."""

ONE_IMAGE = 1e-4
"""The least difference in test accuracy of 10,000 images; below it the axis is linear, to 0."""

SOURCES: dict[str, dict[str, Any]] = {
    "rounding": {"marker": "o", "markersize": 6},
    "order": {"marker": "_", "markersize": 10, "markeredgewidth": 2},
    "seed": {"marker": "^", "markersize": 5, "markerfacecolor": "none"},
}
"""What makes the spread: the last bit, the order of the examples, the initial parameters."""


def horizon_figure(twins: Sequence[Twins], shown: Sequence[Twins], width: float = WIDTH) -> str:
    """Left, of the one form in `shown`: growth by epoch. Right, of all: spreads by learning rate."""
    with project_style():
        figure = Figure(figsize=(width, 6.4 if width <= NARROW else 3.6), layout="constrained")
        growth, spreads = panels_beside(figure, 2, width)
        _draw_growth(growth, shown)
        _draw_spreads(spreads, twins)
        forms = {one.loss for one in twins}
        handles = [
            *(Line2D([], [], color=GREY, linestyle="", label=name, **look) for name, look in SOURCES.items()),
            *(Line2D([], [], color=look["color"], linewidth=3, label=LOSS_TITLES[form])
              for form, look in LOSS_LOOKS.items() if form in forms),
        ]  # fmt: skip
        spreads.legend(handles=handles, loc="lower right", fontsize="small")
        rate_legend(figure, [one.lr for one in shown])
        return svg(figure)


def _draw_growth(ax: Axes, shown: Sequence[Twins]) -> None:
    looks = rate_looks([one.lr for one in shown])
    for one in shown:
        values = [value or np.nan for value in one.growth.values()]  # no logarithm of no difference
        ax.plot(list(one.growth), values, **looks[one.lr])
    ax.set_yscale("log")
    log_axis(ax.yaxis)
    ax.set_xlabel("epoch")
    ax.set_title(f"Twins' relative difference in test loss\n{LOSS_TITLES[shown[0].loss]}")


def _draw_spreads(ax: Axes, twins: Sequence[Twins]) -> None:
    forms = [form for form in LOSS_LOOKS if any(one.loss == form for one in twins)]
    for one in twins:
        place = one.lr * SIDE ** (forms.index(one.loss) - (len(forms) - 1) / 2)
        for name, look in SOURCES.items():
            colour = LOSS_LOOKS[one.loss]["color"]
            ax.plot([place], [getattr(one, name)], color=colour, clip_on=False, **look)
    rate_axis(ax, sorted({one.lr for one in twins}))
    ax.set_yscale("symlog", linthresh=ONE_IMAGE)
    ax.set_ylim(bottom=0)
    plain_numbers(ax.yaxis)
    ax.set_title("Standard deviation of the test accuracy\nthat each source makes")
