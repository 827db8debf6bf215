"""What the best trained model confuses."""

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from analysis.figures import NARROW, ON_DARK, ON_LIGHT, for_screens, svg
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.sections.trained_models import NO_IMAGES
from runner.data import FASHION_MNIST
from runner.pictures import project_style

CONFUSION_WIDTH = 6.0
"""Inches."""


def _make(evidence: Evidence) -> Contents | str:
    models = evidence.models
    if isinstance(models, str):
        return models
    if evidence.test_split is None:
        return NO_IMAGES
    limit = int(evidence.runs.set_index("run_id")["data.test_limit"][models[0].run_id])
    test = evidence.test_split.first(limit)
    images = test.images.reshape(limit, -1)
    counts = {model: confusions(model.predict(images), test.labels) for model in models}
    best = max(models, key=lambda model: int(counts[model].trace()))
    mixed = counts[best] - np.diag(np.diag(counts[best]))
    truth, taken = np.unravel_index(mixed.argmax(), mixed.shape)
    return {
        **for_screens(lambda width: confusion_matrix(counts[best], width), CONFUSION_WIDTH),
        "model": best,
        "accuracy": float(counts[best].trace()) / limit,
        "images": limit,
        "mixed": (FASHION_MNIST.labels[truth], FASHION_MNIST.labels[taken], int(mixed.max())),
        "recall": _extremes(counts[best]),
    }


def confusions(
    predicted: npt.NDArray[np.int_], labels: npt.NDArray[np.float32], classes: int = 10
) -> npt.NDArray[np.int_]:
    """Counts (classes, classes): true label by row, predicted class by column."""
    counts = np.zeros((classes, classes), np.int_)
    np.add.at(counts, (labels.astype(int), predicted), 1)
    return counts


def _extremes(counts: npt.NDArray[np.int_]) -> tuple[tuple[str, float], tuple[str, float]]:
    """The class that is recognised best and the one least, with the shares."""
    shares = np.diag(counts) / np.maximum(counts.sum(axis=1), 1)
    places = (int(shares.argmax()), int(shares.argmin()))
    best, worst = ((FASHION_MNIST.labels[place], float(shares[place])) for place in places)
    return best, worst


def confusion_matrix(counts: npt.NDArray[np.int_], width: float = CONFUSION_WIDTH) -> str:
    """How many test images of each class (row) are taken for which (column), (10, 10)."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with project_style():
        figure = Figure(figsize=(width, 0.77 * width), layout="constrained")
        ax = figure.subplots()
        ax.imshow(shares, cmap="Greys", vmin=0, vmax=1)
        for row, column in np.ndindex(counts.shape):
            ax.text(
                column,
                row,
                str(counts[row, column]) if counts[row, column] else "",
                ha="center",
                va="center",
                fontsize=5 if width <= NARROW else 7.5,
                color=ON_DARK if shares[row, column] > 0.5 else ON_LIGHT,
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


CONFUSION = Section(
    name="confusion",
    make=_make,
    place="appendix",
    figure="""\
{% from "macros.md.j2" import figure %}
### What one of them confuses

{% call figure("confusion", section.number, "Ten by ten counts of test images, true class by row, predicted class by column") %}
**Its commonest mistake is to take {{ section.mixed[0] }} for {{ section.mixed[1] }} ({{ section.mixed[2] }} times).** It knows {{ section.recall[0][0] }} best ({{ section.recall[0][1] | percent }}) and {{ section.recall[1][0] }} least ({{ section.recall[1][1] | percent }}). Shown are all {{ section.images }} test images under the best model above: the {{ form_name(section.model.loss) }} at learning rate {{ section.model.lr | plain }}, seed {{ section.model.seed }}, {{ section.accuracy | figure(3) }} of them right. An empty cell is a 0.
{% endcall %}
""",
)
