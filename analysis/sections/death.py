"""One death: the image that ended a run, its ten logits, and the step at which arithmetic ends."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import NARROW, for_screens, image_axes, svg
from analysis.formatting import plain
from analysis.reading import FatalImage, load_fatal_image
from analysis.sections.evidence import Evidence
from analysis.sections.naming import form_name
from analysis.sections.section import Contents, Section
from analysis.statistics import Floats
from runner.configuration import LOSS_NAMES
from runner.pictures import BAD, GREY, INK, NEUTRAL, project_style
from runner.process import InputError

BESIDE = 6.4
"""Inches: it stands below the verdicts, in a narrower column than other figures."""

TRIED = 5
"""Runs whose artifacts are looked for."""

INFINITY = "\N{INFINITY}"
TIMES = "\N{MULTIPLICATION SIGN}"


class Story(NamedTuple):
    """How one example ends a run: a `sentence`, and its `steps` of which the last has no result."""

    sentence: str
    steps: tuple[str, ...]


class Values(NamedTuple):
    """What a story tells: names of the label and of the guilty class, and that class's logit, its
    gap to the largest, its probability p and the largest number of its dtype, both as texts."""

    label: str
    guilty: str
    logit: float
    gap: float
    p: str
    limit: str


def _reciprocal(values: Values) -> Story:
    return Story(
        f"To learn from this {values.label}, the gradient divides by every class's probability. "
        f"For {values.guilty} it is so small that the result is {INFINITY}. The label is not "
        f"{values.guilty}, so this is multiplied by 0, and 0 {TIMES} {INFINITY} is not a number.",
        (
            f"score: {values.gap:.0f} below the top",
            f"probability p = {values.p}",
            f"1 / p = {INFINITY}  (limit: {values.limit})",
            f"0 {TIMES} {INFINITY} = not a number",
        ),
    )


def _zero(values: Values) -> Story:
    return Story(
        f"To learn from this {values.label}, the loss takes the logarithm of the probability of "
        f"every class. For {values.guilty} it is so small that it rounds to 0, and 0 has no "
        "logarithm.",
        (
            f"score: {values.gap:.0f} below the top",
            "probability p rounds to 0",
            f"log 0 = \N{MINUS SIGN}{INFINITY}",
            f"0 {TIMES} {INFINITY} = not a number",
        ),
    )


def _exponential(values: Values) -> Story:
    return Story(
        f"The score of {values.guilty} for this {values.label} is so high that its exponential is "
        f"{INFINITY}. And {INFINITY} / {INFINITY} is not a number.",
        (
            f"score: {values.logit:.0f}",
            f"exp({values.logit:.0f}) = {INFINITY}  (limit: {values.limit})",
            f"p = {INFINITY} / {INFINITY} = not a number",
        ),
    )


STORIES: dict[str, Callable[[Values], Story]] = {
    "reciprocal_overflow": _reciprocal,
    "zero_probability": _zero,
    "exp_overflow": _exponential,
}
"""The causes that are told."""


def _make(evidence: Evidence) -> Contents | str:
    if not evidence.study.artifacts:
        return "one death in a picture: tables hold no post-mortems"
    for run in _typical(evidence.by_loss).to_dict("records"):
        try:
            fatal = load_fatal_image(run["run_id"], evidence.study.uri)
            data_set, train_split, _ = evidence.images(run["data.name"])
        except InputError:
            continue
        classes = data_set.labels
        if fatal.example < len(train_split.labels) and len(fatal.logits) == len(classes):
            return _told(run, fatal, train_split.images[fatal.example], classes)
    return "one death in a picture: no run died of a single image that was logged"


def _typical(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs that died of one image: with the first form of the loss and at the largest learning rate
    at which any did, of the commonest cause, the earliest first."""
    died = runs[runs["outcome"] == "diverged"]
    died = died[died["divergence_cause"].isin(STORIES) & died["divergence_example"].notna()]
    for key, choose in (
        ("loss", lambda column: next(form for form in LOSS_NAMES if (column == form).any())),
        ("lr", lambda column: column.max()),
        ("divergence_cause", lambda column: column.mode()[0]),
    ):
        if len(died):
            died = died[died[key] == choose(died[key])]
    return died.sort_values(["diverged_update", "seed", "order_seed"]).head(TRIED)


def _told(
    run: dict[Any, Any], fatal: FatalImage, image: Floats, classes: Sequence[str]
) -> Contents:
    values = _values(fatal, classes, run["dtype"])
    story = STORIES[run["divergence_cause"]](values)
    return {
        **for_screens(lambda width: death_figure(fatal, image, story, classes, width), BESIDE),
        "sentence": story.sentence,
        "run": f"seed {run['seed']}, order {run['order_seed']}",
        "rate": plain(run["lr"]),
        "form": form_name(run["loss"]),
        "update": fatal.update,
    }


def _values(fatal: FatalImage, classes: Sequence[str], dtype: str) -> Values:
    """The guilty class in numbers, by float64, which does not overflow here."""
    logits = np.array(fatal.logits)
    gap = float(np.nanmax(logits) - logits[fatal.guilty_class])
    return Values(
        classes[fatal.label],
        classes[fatal.guilty_class],
        fatal.logits[fatal.guilty_class],
        gap,
        f"{np.exp(-gap) / np.exp(logits - np.nanmax(logits)).sum():.0e}",
        f"{np.finfo(dtype).max:.1e}".replace("+", ""),
    )


def death_figure(
    fatal: FatalImage, image: Floats, story: Story, classes: Sequence[str], width: float
) -> str:
    """The image (height, width), its logits as bars, and the steps of the story."""
    narrow = width <= NARROW
    with project_style():
        figure = Figure(figsize=(width, 4.3 if narrow else 2.3), layout="constrained")
        if narrow:
            panels = figure.subplot_mosaic(
                [["image", "steps"], ["logits", "logits"]],
                height_ratios=(1, 1.7),
                width_ratios=(1, 1.4),
            )
        else:
            panels = figure.subplot_mosaic(
                [["image", "logits", "steps"]], width_ratios=(1, 1.6, 1.25)
            )
        panels["image"].imshow(image, cmap="gray_r", vmin=0, vmax=1)
        image_axes(panels["image"])
        title = f"update {fatal.update}: a {classes[fatal.label]}"
        panels["image"].set_title(title, parse_math=False)  # a user's texts
        _draw_logits(panels["logits"], fatal, classes)
        _write_steps(panels["steps"], story.steps)
        return svg(figure)


def _draw_logits(ax: Axes, fatal: FatalImage, names: Sequence[str]) -> None:
    finite = [value if np.isfinite(value) else 0.0 for value in fatal.logits]
    colours = [BAD if one == fatal.guilty_class else NEUTRAL for one in range(len(names))]
    ax.barh(range(len(names)), finite, color=colours, height=0.7)
    ax.set_yticks(range(len(names)), names, parse_math=False)
    for place, tick in enumerate(ax.get_yticklabels()):
        guilty = place == fatal.guilty_class
        tick.set(color=BAD if guilty else INK, fontweight="bold" if guilty else "normal")
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_title("its scores (logits)")


def _write_steps(ax: Axes, steps: tuple[str, ...]) -> None:
    image_axes(ax)
    ax.set_title("how arithmetic ends")
    for number, step in enumerate(steps):
        last = number == len(steps) - 1
        ax.text(
            0,
            1 - (number + 0.5) / len(steps),
            step,
            transform=ax.transAxes,
            va="center",
            fontsize=8.5,
            color=BAD if last else INK,
            fontweight="bold" if last else "normal",
        )
        if not last:
            ax.text(0.02, 1 - (number + 1) / len(steps), "\N{DOWNWARDS ARROW}", color=GREY,
                    transform=ax.transAxes, va="center", fontsize=8)  # fmt: skip


DEATH = Section(
    name="death",
    make=_make,
    place="opening",
    figure="""\
{% from "macros.md.j2" import figure %}
{% call figure("death", section.number, "The image that a run died of, its ten logits as bars, and the steps of the arithmetic that fails") %}
**How a run dies.** {{ section.sentence }} From there all weights are nan. This run: {{ section.form }}, learning rate {{ section.rate }}, {{ section.run }}.
{% endcall %}
""",
)
