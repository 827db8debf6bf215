"""Pictures that runs log, and the style of every picture, including the report's.

Importing this room imports Matplotlib.
"""

from runner.pictures.curves import save_curves
from runner.pictures.images import save_divergence, save_first_images
from runner.pictures.style import (
    BAD,
    GREY,
    INK,
    LOSS_LOOKS,
    LOSS_TITLES,
    NEUTRAL,
    project_style,
    rate_look,
    rate_looks,
    shades,
)

__all__ = [
    "BAD",
    "GREY",
    "INK",
    "LOSS_LOOKS",
    "LOSS_TITLES",
    "NEUTRAL",
    "project_style",
    "rate_look",
    "rate_looks",
    "save_curves",
    "save_divergence",
    "save_first_images",
    "shades",
]
