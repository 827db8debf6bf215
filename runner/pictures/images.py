"""Pictures of the first images and of a divergence."""

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from runner.data import Split
from runner.pictures.background import Background, axis_limit
from runner.pictures.style import BAD, GREY, NEUTRAL, project_style, shades

MOST_BARS = 16
"""Classes whose logits are drawn, and whose names fit, beside an image."""


def save_first_images(split: Split, labels: Sequence[str], path: Path, count: int = 9) -> None:
    """Save the first `count` images of a split in a row, each below its label."""
    with project_style():
        figure = Figure(figsize=(count, 1.3), layout="constrained")
        axes = figure.subplots(1, count)
        shown = split.first(count)
        low, high = shades(shown.images)
        for ax in axes:
            ax.set_axis_off()
        for ax, image, label in zip(axes, shown.images, shown.labels, strict=False):
            ax.imshow(image, cmap="gray_r", vmin=low, vmax=high)
            ax.set_title(labels[int(label)], loc="center", fontsize=8, fontweight="normal")
        figure.savefig(path)


def save_divergence(
    image: npt.NDArray[np.float32],
    label: int,
    guilty_class: int,
    logits: Sequence[float],
    labels: Sequence[str],
    title: str,
    path: Path,
) -> None:
    """Save the guilty image (height, width) next to its logits, with the guilty class marked.

    A non-finite logit is written out instead of drawn as a bar. Of many classes, those with the
    largest logits are shown beside the label and the guilty class.
    """
    shown = _shown(logits, label, guilty_class)
    logits, labels = [logits[one] for one in shown], [labels[one] for one in shown]
    label, guilty_class = shown.index(label), shown.index(guilty_class)
    finite = [0.0, *(value for value in logits if math.isfinite(value))]
    if len(finite) <= len(logits):
        finite.append(-min(finite) / 5)  # room for the notes, which start at 0
    picture = _template(
        -axis_limit(-min(finite)), axis_limit(max(finite)), tuple(labels), image.shape
    )
    picture.image.set_data(image)
    picture.image.set_clim(*shades(image))
    picture.title.set_text(title)
    picture.label.set_text(f"label: {labels[label]}")
    picture.label_mark.set_y(label)
    for number, (bar, note, value) in enumerate(
        zip(picture.bars, picture.notes, logits, strict=True)
    ):
        bar.set_facecolor(BAD if number == guilty_class else NEUTRAL)
        bar.set_width(value if math.isfinite(value) else 0)
        note.set_text("" if math.isfinite(value) else f" {value}")
        note.set_color(BAD if number == guilty_class else GREY)
    picture.background.save(path)


def _shown(logits: Sequence[float], *needed: int) -> list[int]:
    """The classes that are drawn: those needed, and of the others the largest logits."""
    by_size = sorted(range(len(logits)), key=lambda one: (one not in needed, -logits[one]))
    return sorted(by_size[:MOST_BARS])


class _DivergenceTemplate(NamedTuple):
    """The picture of a divergence, and the parts that change."""

    background: Background
    image: AxesImage
    bars: list[Rectangle]
    notes: list[Text]
    label_mark: Text
    label: Text
    title: Text


@lru_cache(maxsize=16)
def _template(
    lowest: float, highest: float, labels: tuple[str, ...], shape: tuple[int, ...]
) -> _DivergenceTemplate:
    """The picture with a logit axis from `lowest` to `highest`; 4 MB."""
    with project_style():
        figure = Figure(figsize=(7, 2.8), dpi=150)
        places = {"left": 0.02, "right": 0.93, "bottom": 0.15, "top": 0.7, "wspace": 0.5}
        left, right = figure.subplots(1, 2, width_ratios=(1, 2.2), gridspec_kw=places)
        image = left.imshow(np.zeros(shape), cmap="gray_r", vmin=0, vmax=1)
        label = left.set_title("", fontweight="normal")
        left.set_axis_off()
        bars = list(right.barh(range(len(labels)), np.zeros(len(labels)), tick_label=labels))
        right.set_xlim(*((1.04 * lowest, 1.04 * highest) if highest > lowest else (-1, 1)))
        right.invert_yaxis()
        right.set_xlabel("logit")
        right.grid(axis="y", visible=False)
        notes = [right.text(0, row, "", va="center") for row in range(len(labels))]
        beside = right.get_yaxis_transform()
        label_mark = right.text(1.01, 0, "label", va="center", color=GREY, transform=beside)
        title = figure.suptitle("", x=0.01, ha="left", fontsize=9)
        changing = [image, *bars, *notes, label_mark, label, title]
        return _DivergenceTemplate(
            Background(figure, changing), image, bars, notes, label_mark, label, title
        )
