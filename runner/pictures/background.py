"""Sweeps make pictures by the hundred, so what many of them share is drawn once."""

import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib.image
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)


class Background:
    """A figure drawn once without its `changing` artists; each picture adds them.

    Most of the time for a small picture goes into axes, ticks and texts. A changing image stays
    in the background as it was at first, and each picture draws over it.
    """

    def __init__(self, figure: Figure, changing: Sequence[Artist]) -> None:
        self.figure, self.changing = figure, changing
        self.canvas = FigureCanvasAgg(figure)
        for artist in changing:
            artist.set_animated(True)
        self.canvas.draw()
        self.drawn = self.canvas.copy_from_bbox(figure.bbox)

    def save(self, path: Path) -> None:
        """Save a PNG with the changing artists in their current state."""
        self.canvas.restore_region(self.drawn)
        for artist in self.changing:
            self.figure.draw_artist(artist)
        matplotlib.image.imsave(path, self.canvas.buffer_rgba(), dpi=self.figure.dpi)


def axis_limit(value: float) -> float:
    """A round axis limit of at least `value` (0 or more): few limits let pictures share axes."""
    if value == 0:
        return 0.0
    decade: float = 10.0 ** math.floor(math.log10(value))
    return next((step * decade for step in STEPS if step * decade >= value), 10 * decade)
