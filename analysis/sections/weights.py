"""The weights of trained models, and what training added to them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from analysis.figures import WIDTH, image_axes, svg
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.sections.trained_models import TrainedModel
from runner.data import FASHION_MNIST
from runner.pictures import project_style


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
                image_axes(ax)
            panels[0].set_ylabel(text, rotation=0, ha="right", va="center", labelpad=6)
        return svg(figure)


WEIGHTS = Section(
    name="weights",
    make=_make,
    figure="""\
{% from "macros.md.j2" import figure %}
### What the models have learnt

{% call figure("weights", section.number, "Ten images of weights for each learning rate, one for each class, and what training added to them") %}
The weights of one model for each {% if section.models | length < section.rates %}of {{ section.models | length }} of the {{ section.rates }} learning rates{% else %}learning rate{% endif %} (`lr`) at which runs with {{ section.models[0].loss | code }}{% if section.forms > 1 %}, the form that learns best,{% endif %} learned, a column for each class: light pixels speak for the class, dark ones against it. Below each, what training added to the initial draw: garments show there and not yet in the weights, which keep the noise of the draw. Seed {{ section.models[0].seed }}; each row has its own scale.
{% endcall %}
""",
)
