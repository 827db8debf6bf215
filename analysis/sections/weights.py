"""The weights of trained models, and what training added to them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.figures import WIDTH, image_axes, svg
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.sections.trained_models import TrainedModel
from runner.data import FASHION_MNIST
from runner.pictures import project_style

SIDE, GAP = 28, 4
"""Pixels of an image, and between two of them."""


def _make(evidence: Evidence) -> Contents | str:
    models = evidence.models
    if isinstance(models, str):
        return models
    counts = _rate_and_form_counts(evidence, models)
    return {"picture": weight_images(models), "models": models, **counts}


def _rate_and_form_counts(evidence: Evidence, models: list[TrainedModel]) -> dict[str, int]:
    """At how many learning rates the form of these models learned, and how many forms did."""
    learned = evidence.runs[evidence.runs["outcome"] == "trained"]
    of_form = learned[learned["loss"] == models[0].loss]
    return {"rates": of_form["lr"].nunique(), "forms": learned["loss"].nunique()}


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
    classes = FASHION_MNIST.labels
    with project_style():
        figure = Figure(figsize=(WIDTH, 0.35 + 0.7 * len(rows)), layout="constrained")
        ax = figure.subplots()  # one for all: each of 60 would be laid out in turn
        ax.imshow(mosaic([values for _, values in rows]), cmap="gray", vmin=-1, vmax=1)
        image_axes(ax)
        centre, pitch = SIDE / 2, SIDE + GAP
        ax.set_xticks(centre + pitch * np.arange(len(classes)), classes, fontsize=8)
        ax.set_yticks(centre + pitch * np.arange(len(rows)), [text for text, _ in rows])
        ax.tick_params(length=0, labeltop=True, labelbottom=False)
        return svg(figure)


def mosaic(rows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Weights (784, classes) as a row of tiles each, one tile for a class, with nan between tiles.

    A row is divided by the absolute value that 99 % of its weights stay below.
    """
    tiles = np.array(
        [row.T.reshape(-1, SIDE, SIDE) / np.quantile(np.abs(row), 0.99) for row in rows]
    )
    framed = np.pad(tiles, ((0, 0), (0, 0), (0, GAP), (0, GAP)), constant_values=np.nan)
    return np.block([list(row) for row in framed])[:-GAP, :-GAP]


WEIGHTS = Section(
    name="weights",
    make=_make,
    place="appendix",
    figure="""\
{% from "macros.md.j2" import figure %}
### What the models have learned

{% call figure("weights", section.number, "Ten images of weights for each learning rate, one for each class, and what training added to them") %}
**Training draws garments over the noise of the first weights.** Shown are the weights of one model for each {% if section.models | length < section.rates %}of {{ section.models | length }} of the {{ section.rates }} learning rates{% else %}learning rate{% endif %} (`lr`) at which runs with the {{ form_name(section.models[0].loss) }}{% if section.forms > 1 %}, the form that learns best,{% endif %} learned, a column for each class: light pixels speak for the class, dark ones against it. Below each stands what training added. Seed {{ section.models[0].seed }}; each row has its own scale.
{% endcall %}
""",
)
