"""One look for all pictures of the runner and the analysis."""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib.colors
import matplotlib.style
import numpy as np
import numpy.typing as npt

from runner.losses import LOSSES

STYLE = Path(__file__).with_name("lrstudy.mplstyle")

DECADES = {
    -5: "#56b4e9",
    -4: "#000000",
    -3: "#8c6d00",
    -2: "#009e73",
    -1: "#0072b2",
    0: "#d55e00",
    1: "#cc79a7",
    2: "#7b4173",
}
"""The colour of learning rate 10^decade, safe for colour-blind readers (Okabe and Ito)."""

DASHES = ("-", "--", "-.", ":", (0, (9, 1.5, 1, 1.5, 1, 1.5)), (0, (10, 4)), (0, (12, 2, 3, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "*")

LOSS_LOOKS: dict[str, dict[str, Any]] = {name: form.look._asdict() for name, form in LOSSES.items()}
"""The line style of each form of the loss."""

LOSS_TITLES = {name: form.title for name, form in LOSSES.items()}
"""What a form of the loss is called in a picture."""

BAD, NEUTRAL, GREY, INK = "#d55e00", "#8aa4b8", "#555555", "#222222"
"""The colours of what is to blame, of what is not, of notes on the picture and of its text."""


def rate_look(rate: float) -> dict[str, Any]:
    """How a learning rate is drawn: the same colour, dash and marker in every picture.

    Between decades the colours are mixed. Dash and marker change every third of a decade, so
    that neighbours differ in print too. `rate` must be above 0.
    """
    return _look(rate, _third(rate))


def rate_looks(rates: Sequence[float]) -> dict[float, dict[str, Any]]:
    """How learning rates are drawn together in one picture.

    Each gets its `rate_look`, unless an earlier rate has the same dash and marker; then it takes
    the next free ones. Up to seven rates differ in both.
    """
    taken: dict[int, float] = {}
    for rate in rates:
        wanted = [(_third(rate) + further) % len(DASHES) for further in range(len(DASHES))]
        taken.setdefault(next((one for one in wanted if one not in taken), wanted[0]), rate)
    thirds = {rate: third for third, rate in taken.items()}
    return {rate: _look(rate, thirds.get(rate, _third(rate))) for rate in rates}


def _third(rate: float) -> int:
    return round(3 * math.log10(rate)) % len(DASHES)


def _look(rate: float, third: int) -> dict[str, Any]:
    channels = np.array([matplotlib.colors.to_rgb(colour) for colour in DECADES.values()])
    place = math.log10(rate)
    red, green, blue = (float(np.interp(place, list(DECADES), one)) for one in channels.T)
    return {
        "color": matplotlib.colors.to_hex((red, green, blue)),
        "linestyle": DASHES[third],
        "marker": MARKERS[third],
    }


def shades(images: npt.NDArray[np.float32]) -> tuple[float, float]:
    """The pixels drawn white and black: 0 and 1, or what goes beyond."""
    return min(0.0, float(images.min())), max(1.0, float(images.max()))


def project_style() -> AbstractContextManager[None]:
    """A context in which Matplotlib draws and saves in the project's style."""
    context: AbstractContextManager[None] = matplotlib.style.context(STYLE)
    return context
