"""The picture of the forms of the loss beside each other."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import (
    NARROW,
    WIDTH,
    draw_median,
    epoch_axis,
    panels_beside,
    rate_legend,
    rates_of_panels,
    svg,
)
from analysis.sections.naming import form_name
from runner.configuration import LOSS_NAMES
from runner.pictures import GREY, project_style, rate_looks

LINE = 10.5
"""The height of a line of small text above a panel, in points."""


def epochs_by_loss(runs: pd.DataFrame, epochs: pd.DataFrame, width: float = WIDTH) -> str:
    """Test accuracy against epoch, a panel for each form of the loss, a median for each rate."""
    losses = [loss for loss in LOSS_NAMES if (runs["loss"] == loss).any()]
    rates = rates_of_panels(runs)
    with project_style():
        height = 2.6 * len(losses) if width <= NARROW else 3.5
        figure = Figure(figsize=(width, height), layout="constrained")
        panels = panels_beside(figure, len(losses), width, sharey=True)
        for ax, loss in zip(panels, losses, strict=True):
            for rate, look in rate_looks(rates).items():
                of_rate = runs[(runs["loss"] == loss) & (runs["lr"] == rate)]
                draw_median(ax, of_rate, epochs, "test_acc", look)
            ax.set_title(form_name(loss), pad=5 + LINE * -(-len(rates) // 2))
            ax.set_xlabel("epochs completed")
            _write_survivors(ax, runs[runs["loss"] == loss], rates)
            epoch_axis(ax, runs)
        panels[0].set_ylim(0, 1)
        panels[0].set_ylabel("test accuracy")
        rate_legend(figure, rates)
        return svg(figure)


def _write_survivors(ax: Axes, runs: pd.DataFrame, rates: list[float]) -> None:
    """How many runs of each learning rate lived, between the title and the panel."""
    alive = (runs["outcome"] != "diverged").groupby(runs["lr"]).agg(["sum", "size"])
    tried = [rate for rate in rates if rate in alive.index]
    shares = [f"{rate:g}: {alive['sum'][rate]} of {alive['size'][rate]}" for rate in tried]
    lines = [", ".join(shares[start : start + 2]) for start in range(0, len(shares), 2)]
    ax.annotate(
        ",\n".join(lines),
        (0, 1),
        xytext=(0, 3),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=8,
        color=GREY,
    )
