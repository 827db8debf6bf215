"""One look for all pictures, of the runner and of the analysis."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib.style

STYLE = Path(__file__).with_name("lrstudy.mplstyle")

FIXED_COLOURS = {1.0: "#d55e00", 0.1: "#0072b2", 0.01: "#009e73"}
OTHER_COLOURS = ("#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c6d31", "#7b4173", "#637939")
"""Okabe and Ito's colours, told apart by colour-blind readers; three darker ones after them."""


LOSS_LOOKS: dict[str, dict[str, Any]] = {
    "pick_log": {"color": "#7b4173", "marker": "o", "linestyle": "-"},
    "log_pick": {"color": "#e69f00", "marker": "s", "linestyle": "-."},
    "log_softmax": {"color": "#0b7fab", "marker": "^", "linestyle": "--"},
}
"""How a line of each form of the loss is drawn."""

BAD, NEUTRAL = "#d55e00", "#8aa4b8"
"""What is to blame in a picture, and everything else in it."""


def colours(rates: list[float]) -> dict[float, str]:
    """A colour for each learning rate: the study's three always have the same."""
    others = [rate for rate in sorted(rates) if rate not in FIXED_COLOURS]
    wheel = {rate: OTHER_COLOURS[i % len(OTHER_COLOURS)] for i, rate in enumerate(others)}
    return {rate: FIXED_COLOURS.get(rate) or wheel[rate] for rate in rates}


def project_style() -> AbstractContextManager[None]:
    """A context in which Matplotlib draws and saves in the project's style."""
    context: AbstractContextManager[None] = matplotlib.style.context(STYLE)
    return context
