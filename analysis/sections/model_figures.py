"""What trained models have learnt: their weights, predictions and confusions."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from analysis.figures import WIDTH, svg
from analysis.sections.trained_models import TrainedModel
from runner.data import FASHION_MNIST, Split
from runner.pictures import BAD, GREY, project_style


def weight_images(models: Sequence[TrainedModel]) -> str:
    """The ten columns of W as images of 28 x 28, and below what training added to each.

    Two rows for each model: light pixels speak for a class, dark ones against it. Grey is 0,
    black and white are the 1 % most extreme values of a row.
    """
    rows = [
        (text, values)
        for model in models
        for text, values in ((f"lr {model.lr:g}", model.W), ("change", model.W - model.W0))
    ]
    with project_style():
        engine = ConstrainedLayoutEngine(h_pad=0.01, hspace=0.02)
        figure = Figure(figsize=(WIDTH, 0.35 + 0.7 * len(rows)), layout=engine)
        axes = figure.subplots(len(rows), len(FASHION_MNIST.labels), squeeze=False)
        for ax, label in zip(axes[0], FASHION_MNIST.labels, strict=True):
            ax.set_title(label, loc="center", fontsize=8, fontweight="normal")
        for panels, (text, values) in zip(axes, rows, strict=True):
            reach = float(np.quantile(np.abs(values), 0.99))
            for ax, weights in zip(panels, values.T, strict=True):
                ax.imshow(weights.reshape(28, 28), cmap="gray", vmin=-reach, vmax=reach)
                _bare(ax)
            panels[0].set_ylabel(text, rotation=0, ha="right", va="center", labelpad=6)
        return svg(figure)


def first_predictions(models: Sequence[TrainedModel], test_split: Split, count: int = 9) -> str:
    """The first test images under their true labels, and what each model takes them for.

    A wrong prediction is coloured, bold and crossed.
    """
    shown = test_split.first(count)
    images = shown.images.reshape(len(shown.labels), -1)
    with project_style():
        figure = Figure(figsize=(WIDTH, 1.15 + 0.2 * len(models)), layout="constrained")
        axes = figure.subplots(1, count, squeeze=False)[0]
        said = [model.predict(images) for model in models]
        for place, ax in enumerate(axes):
            truth = int(shown.labels[place])
            ax.imshow(shown.images[place], cmap="gray_r", vmin=0, vmax=1)
            _bare(ax)
            ax.set_title(FASHION_MNIST.labels[truth], loc="center", fontsize=8)
            for line, predicted in enumerate(said):
                wrong = predicted[place] != truth
                ax.annotate(
                    f"\N{MULTIPLICATION SIGN} {FASHION_MNIST.labels[predicted[place]]}"
                    if wrong
                    else FASHION_MNIST.labels[truth],
                    (0.5, 0),
                    xytext=(0, -9 - 14 * line),
                    xycoords="axes fraction",
                    textcoords="offset points",
                    ha="center",
                    va="center",
                    fontsize=7.5,
                    color=BAD if wrong else GREY,
                    fontweight="bold" if wrong else "normal",
                )
        for line, model in enumerate(models):
            axes[0].annotate(
                f"lr {model.lr:g}",
                (0, 0),
                xytext=(-14, -9 - 14 * line),
                xycoords="axes fraction",
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=8,
            )
        return svg(figure)


def confusion_matrix(counts: npt.NDArray[np.int_]) -> str:
    """How many test images of each class (row) are taken for which (column), (10, 10)."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with project_style():
        figure = Figure(figsize=(6, 4.6), layout="constrained")
        ax = figure.subplots()
        ax.imshow(shares, cmap="Greys", vmin=0, vmax=1)
        for row, column in np.ndindex(counts.shape):
            ax.text(
                column,
                row,
                str(counts[row, column]) if counts[row, column] else "",
                ha="center",
                va="center",
                fontsize=7.5,
                color="white" if shares[row, column] > 0.5 else "black",
                fontweight="bold" if row == column else "normal",
            )
        ax.set_xticks(
            range(len(FASHION_MNIST.labels)),
            FASHION_MNIST.labels,
            rotation=40,
            ha="right",
            rotation_mode="anchor",
        )
        ax.set_yticks(range(len(FASHION_MNIST.labels)), FASHION_MNIST.labels)
        ax.set_xlabel("predicted")
        ax.set_ylabel("true")
        ax.grid(visible=False)
        return svg(figure)


def _bare(ax: Axes) -> None:
    """No ticks, grid or frame, but a label may stand."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
