"""The picture of the article's own run: its printed losses, its model's, and other seeds'."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from analysis.figures import NARROW, WIDTH, panels_beside, plain_numbers, svg
from analysis.printed import LEARNED, Band
from analysis.statistics import Floats
from runner.pictures import NEUTRAL, project_style, rate_look

MARK: dict[str, Any] = {"color": "#333333", "marker": "o", "linestyle": "", "markersize": 5}


def own_run_figure(band: Band, width: float = WIDTH) -> str:
    """Loss against epoch, and the same as the difference from the printed loss.

    The wide band holds all other seeds' runs, the narrow one all orders of the article's model.
    """
    colour = rate_look(LEARNED)["color"]
    with project_style():
        narrow = width <= NARROW
        figure = Figure(figsize=(width, 5.6 if narrow else 3.4), layout="constrained")
        whole, close = panels_beside(figure, 2, width)
        _bands(whole, band.losses, band.others, band.printed, colour)
        whole.set_yscale("log")
        plain_numbers(whole.yaxis)
        whole.set_yticks([1.5, 2, 3, 4])
        whole.set_title("Training loss")
        own, others = (losses / band.printed - 1 for losses in (band.losses, band.others))
        _bands(close, own, others, np.zeros(len(band.printed)), colour)
        close.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{100 * value:+.0f} %".replace("+0 ", "0 "))
        )
        close.set_title("Difference from the printed loss")
        handles = [
            Line2D([], [], label="printed", **MARK),
            Patch(color=colour, label=f"the article's model, {len(band.losses)} orders"),
        ]
        if len(band.others):
            handles.append(Patch(color=NEUTRAL, alpha=0.4, label=f"{len(band.others)} other seeds"))
        figure.legend(handles=handles, loc="outside lower center", ncols=1 if narrow else 3)
        return svg(figure)


def _bands(ax: Axes, own: Floats, others: Floats, printed: Floats, colour: str) -> None:
    epochs = np.arange(1, len(printed) + 1)
    if len(others):
        ends = others.min(axis=0), others.max(axis=0)
        ax.fill_between(epochs, *ends, color=NEUTRAL, alpha=0.4, linewidth=0)
    ends = own.min(axis=0), own.max(axis=0)
    ax.fill_between(epochs, *ends, color=colour, linewidth=1.5, zorder=3)
    ax.plot(epochs, printed, zorder=4, **MARK)
    ax.set_xticks(epochs)
    ax.set_xlabel("epoch")
