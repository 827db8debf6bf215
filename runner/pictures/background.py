"""Pictures that a sweep makes by the hundred: what many of them share is drawn once."""

import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib.image
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)


class Background:
    """A figure drawn without its `changing` artists, which each picture draws on it anew.

    Axes, ticks and texts take most of the time of a small picture. A changing image is drawn over
    what it was at first, not into an empty place.
    """

    def __init__(self, figure: Figure, changing: Sequence[Artist]) -> None:
        self.figure, self.changing = figure, changing
        self.canvas = FigureCanvasAgg(figure)
        for artist in changing:
            artist.set_animated(True)
        self.canvas.draw()
        self.drawn = self.canvas.copy_from_bbox(figure.bbox)

    def save(self, path: Path) -> None:
        """Save the picture as PNG, with the changing artists as they are now."""
        self.canvas.restore_region(self.drawn)
        for artist in self.changing:
            self.figure.draw_artist(artist)
        matplotlib.image.imsave(path, self.canvas.buffer_rgba(), dpi=self.figure.dpi)


def axis_limit(value: float) -> float:
    """The end of an axis that reaches `value`, at least 0: few, so that pictures share theirs."""
    if value == 0:
        return 0.0
    decade: float = 10.0 ** math.floor(math.log10(value))
    return next((step * decade for step in STEPS if step * decade >= value), 10 * decade)
