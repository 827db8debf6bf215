"""Pictures of the data, as the lesson shows them."""

from matplotlib.figure import Figure

from runner.data import LABELS, Split
from runner.style import figure


def first_images(split: Split, count: int = 9) -> Figure:
    """The first `count` images of a split in a row, each under its text label."""
    made, axes = figure(count * 1.0, 1.3, columns=count)
    for ax, image, label in zip(axes.flat, split.images, split.labels, strict=False):
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        ax.set_title(LABELS[int(label)], loc="center", fontsize=8, fontweight="normal")
        ax.set_axis_off()
    return made
