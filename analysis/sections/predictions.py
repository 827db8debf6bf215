"""The first test images, and what trained models take them for."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from analysis.figures import WIDTH, image_axes, svg
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.sections.trained_models import NO_IMAGES, TrainedModel
from runner.data import Split
from runner.pictures import BAD, GREY, project_style, shades
from runner.process import InputError


def _make(evidence: Evidence) -> Contents | str:
    if isinstance(evidence.models, str):
        return evidence.models
    try:
        test_split = evidence.images(evidence.models[0].data_set.name).test
    except InputError as error:
        return NO_IMAGES.format(error)
    return {"picture": first_predictions(evidence.models, test_split)}


def first_predictions(models: Sequence[TrainedModel], test_split: Split, count: int = 9) -> str:
    """The first test images under their true labels, and what each model takes them for.

    A wrong prediction is coloured, bold and crossed.
    """
    shown, labels = test_split.first(count), models[0].data_set.labels
    count = len(shown.labels)
    low, high = shades(shown.images)
    images = shown.images.reshape(len(shown.labels), -1)
    with project_style():
        figure = Figure(figsize=(WIDTH, 1.15 + 0.2 * len(models)), layout="constrained")
        axes = figure.subplots(1, count, squeeze=False)[0]
        said = [model.predict(images) for model in models]
        for place, ax in enumerate(axes):
            truth = int(shown.labels[place])
            ax.imshow(shown.images[place], cmap="gray_r", vmin=low, vmax=high)
            image_axes(ax)
            ax.set_title(labels[truth], loc="center", fontsize=8)
            for line, predicted in enumerate(said):
                wrong = predicted[place] != truth
                ax.annotate(
                    f"\N{MULTIPLICATION SIGN} {labels[predicted[place]]}"
                    if wrong
                    else labels[truth],
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


PREDICTIONS = Section(
    name="predictions",
    make=_make,
    place="appendix",
    figure="""\
{% from "macros.md.j2" import figure %}
### The first test images

{% call figure("predictions", section.number, "Test images with their true labels and the labels that each model predicts") %}
Above each image stands its true label. Below it stands what each of the models above takes it for, a line for each learning rate (`lr`). Wrong labels are bold, coloured and marked with a cross.
{% endcall %}
""",
)
