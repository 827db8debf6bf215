"""Pictures of the data, as the lesson shows them."""

from pathlib import Path

from matplotlib.figure import Figure

from runner.data import LABELS, Split
from runner.style import project_style


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
