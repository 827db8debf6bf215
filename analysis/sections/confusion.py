"""What the best trained model confuses."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from analysis.figures import NARROW, ON_DARK, ON_LIGHT, for_screens, svg
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.sections.trained_models import MOST_CLASSES, NO_IMAGES
from runner.pictures import project_style
from runner.process import InputError

CONFUSION_WIDTH = 6.0
"""Inches."""


def _make(evidence: Evidence) -> Contents | str:
    models = evidence.models
    if isinstance(models, str):
        return models
    classes = models[0].data_set.labels
    if len(classes) > MOST_CLASSES:
        return f"what a model confuses: {len(classes)} classes do not fit into a picture"
    try:
        every = evidence.images(models[0].data_set.name).test
    except InputError as error:
        return NO_IMAGES.format(error)
    limit = int(evidence.runs.set_index("run_id")["data.test_limit"][models[0].run_id])
    test = every.first(limit)
    images = test.images.reshape(len(test.labels), -1)
    counts = {
        model: confusions(model.predict(images), test.labels, len(classes)) for model in models
    }
    best = max(models, key=lambda model: int(counts[model].trace()))
    mixed = counts[best] - np.diag(np.diag(counts[best]))
    truth, taken = np.unravel_index(mixed.argmax(), mixed.shape)
    return {
        **for_screens(
            lambda width: confusion_matrix(counts[best], classes, width), CONFUSION_WIDTH
        ),
        "model": best,
        "accuracy": float(counts[best].trace()) / len(test.labels),
        "images": len(test.labels),
        "mixed": (classes[truth], classes[taken], int(mixed.max())),
        "recall": _extremes(counts[best], classes),
    }


def confusions(
    predicted: npt.NDArray[np.int_], labels: npt.NDArray[np.float32], classes: int
) -> npt.NDArray[np.int_]:
    """Counts (classes, classes): true label by row, predicted class by column."""
    counts = np.zeros((classes, classes), np.int_)
    np.add.at(counts, (labels.astype(int), predicted), 1)
    return counts


def _extremes(
    counts: npt.NDArray[np.int_], classes: Sequence[str]
) -> tuple[tuple[str, float], tuple[str, float]]:
    """The class that is recognised best and the one least, of those there are, with the shares."""
    there = np.flatnonzero(counts.sum(axis=1))
    shares = np.diag(counts)[there] / counts[there].sum(axis=1)
    places = (int(shares.argmax()), int(shares.argmin()))
    best, worst = ((classes[there[place]], float(shares[place])) for place in places)
    return best, worst


def confusion_matrix(
    counts: npt.NDArray[np.int_], classes: Sequence[str], width: float = CONFUSION_WIDTH
) -> str:
    """How many test images of each class (row) are taken for which (column)."""
    side = max(1, len(classes) / 16)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with project_style():
        figure = Figure(figsize=(width * side, 0.77 * width * side), layout="constrained")
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
            range(len(classes)),
            classes,
            rotation=40,
            ha="right",
            rotation_mode="anchor",
        )
        ax.set_yticks(range(len(classes)), classes)
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

{% call figure("confusion", section.number, "Confusion matrix: counts of test images, true class by row, predicted class by column") %}
**{% if section.mixed[2] %}Its most common mistake is to take {{ section.mixed[0] }} for {{ section.mixed[1] }} ({{ section.mixed[2] }} {{ section.mixed[2] | plural("time") }}){% else %}It makes no mistake{% endif %}.** It knows {{ section.recall[0][0] }} best ({{ section.recall[0][1] | percent }}) and {{ section.recall[1][0] }} least ({{ section.recall[1][1] | percent }}). Shown are all {{ section.images }} test images under the best model above: the {{ form_name(section.model.loss) }} at learning rate {{ section.model.lr | plain }}, seed {{ section.model.seed }}. It classifies {{ section.accuracy | figure(3) }} of them correctly. An empty cell is a 0.
{% endcall %}
""",
)
