"""The weights of trained models, and what training added to them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.figures import WIDTH, image_axes, svg
from analysis.printed import ARTICLE_DATA
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.sections.trained_models import MOST_CLASSES, TrainedModel
from runner.pictures import project_style

LARGEST_TILE = 1.2
"""Inches an image is high at most."""


def _make(evidence: Evidence) -> Contents | str:
    models = evidence.models
    if isinstance(models, str):
        return models
    data_set = models[0].data_set
    classes = len(data_set.labels)
    if classes > MOST_CLASSES:
        return f"weights of trained models: {classes} classes do not fit into a picture"
    counts = _rate_and_form_counts(evidence, models)
    return {
        "picture": weight_images(models),
        "models": models,
        "garments": data_set.name in ARTICLE_DATA,
        **counts,
    }


def _rate_and_form_counts(evidence: Evidence, models: list[TrainedModel]) -> dict[str, int]:
    """At how many learning rates the form of these models learned, and how many forms did."""
    learned = evidence.runs[evidence.runs["outcome"] == "trained"]
    of_form = learned[learned["loss"] == models[0].loss]
    return {"rates": of_form["lr"].nunique(), "forms": learned["loss"].nunique()}


def weight_images(models: Sequence[TrainedModel]) -> str:
    """The columns of W as images, one for a class, and below what training added to each.

    Two rows for each model: light pixels speak for a class, dark ones against it. Grey is 0,
    black and white are the 1 % most extreme values of a row.
    """
    rows = [
        (text, values)
        for model in models
        for text, values in ((f"lr {model.lr:g}", model.W), ("change", model.W - model.W0))
    ]
    classes, (height, width) = models[0].data_set.labels, models[0].data_set.shape
    gap = _gap(width)
    tile = min(LARGEST_TILE, 7 / len(classes) * height / width)
    with project_style():
        figure = Figure(figsize=(WIDTH, 0.35 + tile * len(rows)), layout="constrained")
        ax = figure.subplots()  # one for all: each of 60 would be laid out in turn
        tiles = mosaic([values for _, values in rows], (height, width))
        ax.imshow(tiles, cmap="gray", vmin=-1, vmax=1)
        image_axes(ax)
        across = width / 2 + (width + gap) * np.arange(len(classes))
        ax.set_xticks(across, classes, fontsize=8, rotation=90 if len(classes) > 12 else 0)
        down = height / 2 + (height + gap) * np.arange(len(rows))
        ax.set_yticks(down, [text for text, _ in rows])
        ax.tick_params(length=0, labeltop=True, labelbottom=False)
        return svg(figure)


def mosaic(rows: Sequence[NDArray[np.float32]], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Weights (pixels, classes) as a row of tiles each, a tile for a class, nan between tiles.

    `shape` is the height and width of a tile. A row is divided by the absolute value that 99 % of
    its weights stay below.
    """
    tiles = np.array(
        [row.T.reshape(-1, *shape) / (np.quantile(np.abs(row), 0.99) or 1) for row in rows]
    )
    gap = _gap(shape[1])
    framed = np.pad(tiles, ((0, 0), (0, 0), (0, gap), (0, gap)), constant_values=np.nan)
    return np.block([list(row) for row in framed])[:-gap, :-gap]


def _gap(width: int) -> int:
    """Pixels between two images of this width."""
    return max(1, width // 7)


WEIGHTS = Section(
    name="weights",
    make=_make,
    place="appendix",
    figure="""\
{% from "macros.md.j2" import figure %}
### What the models have learned

{% call figure("weights", section.number, "Images of weights for each learning rate, one for each class, and what training added to them") %}
**Training draws the classes over the noise of the first weights.** Shown is one model of the {{ form_name(section.models[0].loss) }}{% if section.forms > 1 %} (the form that learned at the most rates){% endif %} for each {% if section.models | length < section.rates %}of {{ section.models | length }} of the {{ section.rates }} learning rates{% else %}learning rate{% endif %} (`lr`) at which it learned. A column is a class: light pixels speak for the class, dark ones against it. Below each row stands what training added. Seed {{ section.models[0].seed }}; each row has its own scale.
{% endcall %}
""",
)
