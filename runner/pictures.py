"""Pictures of the data and of a divergence."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from runner.data import LABELS, Split
from runner.style import BAD, NEUTRAL, project_style


def save_first_images(split: Split, path: Path, count: int = 9) -> None:
    """Save the first `count` images of a split in a row, each under its text label."""
    with project_style():
        figure = Figure(figsize=(count, 1.3), layout="constrained")
        axes = figure.subplots(1, count)
        for ax, image, label in zip(axes, split.images, split.labels, strict=False):
            ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
            ax.set_title(LABELS[int(label)], loc="center", fontsize=8, fontweight="normal")
            ax.set_axis_off()
        figure.savefig(path)


def save_divergence(
    image: npt.NDArray[np.float32],
    label: int,
    guilty_class: int,
    logits: Sequence[float],
    title: str,
    path: Path,
) -> None:
    """Save the guilty image (28, 28) beside its ten logits, the guilty class marked."""
    with project_style():
        figure = Figure(figsize=(7, 2.8))  # no layout engine: many runs of a sweep may diverge
        places = {"left": 0.02, "right": 0.98, "bottom": 0.15, "top": 0.7, "wspace": 0.5}
        left, right = figure.subplots(1, 2, width_ratios=(1, 2.2), gridspec_kw=places)
        left.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        left.set_title(f"label: {LABELS[label]}", fontweight="normal")
        left.set_axis_off()
        colours = [BAD if number == guilty_class else NEUTRAL for number in range(len(logits))]
        names = [f"{name} (label)" if n == label else name for n, name in enumerate(LABELS)]
        right.barh(names, logits, color=colours)
        right.invert_yaxis()
        right.set_xlabel("logit")
        right.grid(axis="y", visible=False)
        figure.suptitle(title, x=0.01, ha="left", fontsize=9)
        figure.savefig(path)
