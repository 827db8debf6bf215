"""What the grid of learning rates says, in sentences; every number is computed."""

from collections.abc import Mapping
from typing import Any

from analysis.sections.edge.bounds import Bounds, Range
from analysis.sections.naming import form_name

Row = Mapping[str, Any]
"""The figures of one loss form, as `analysis.sections.edge` makes them."""


def divergence_sentence(row: Row) -> str:
    """From which learning rate on a form loses runs, and from which on all."""
    form, breaks, spared = f"the {form_name(row['loss'])}", row["breaks"], row["spared"]
    grid = f"{row['rates']} learning rates from {row['first']:g} to {row['last']:g}"
    if breaks is None:
        return f"With {form} none of {row['runs']} runs diverged. It was tried at {grid}."
    count, total = int(breaks["diverged"]), int(breaks["runs"])
    if row["lost_from"] == row["first"]:
        return f"With {form} all {row['runs']} runs diverged. It was tried at {grid}."
    chance = f"{100 * breaks['low']:.0f} to {100 * breaks['high']:.0f} %"
    said = (
        f"{form[0].upper()}{form[1:]} was tried at {grid}. The lowest at which a run diverged is "
        f"{breaks['lr']:g}. There {count} of {total} did. The 95 % interval of the share is {chance}."
    )
    if spared:
        place = f"at {spared[0]:g}" if len(spared) == 1 else f"from {spared[0]:g} to {spared[-1]:g}"
        said += f" At {len(spared)} above it, {place}, none did."
    if row["lost_from"] is not None:
        said += f" From {row['lost_from']:g} on no run survived."
    return said


def bound_sentences(bounds: Bounds) -> list[str]:
    """Where the curvature bounds lie."""
    if bounds.start is None:
        return [f"There is no curvature bound: {bounds.missing}."]
    after = "".join(
        f" With the {form_name(form)} it is {_range(end)} after training at the learning rate of "
        "the highest mean."
        for form, end in bounds.end.items()
    )
    said = [
        "If the training loss were quadratic, gradient descent would swing ever farther above a "
        "learning rate of 2 / (largest eigenvalue of its Hessian). This curvature bound is "
        f"{_range(bounds.start)} for the untrained models.{after}"
    ]
    across = bounds.across
    beyond = (
        {rate: rate / bound for rate, bound in across.bounds.items() if rate > bounds.start[1]}
        if across
        else {}
    )
    if across and beyond:
        ratios = (min(beyond.values()), max(beyond.values()))
        said.append(
            f"{len(beyond)} learning rates, from {min(beyond):g} to {max(beyond):g}, lie above the "
            f"bounds of the untrained models. They are {_range(ratios)} times the bound after "
            f"training ({form_name(across.form)}, seed {across.seed})."
        )
    return said


def _range(values: Range) -> str:
    return f"{values[0]:.2g} to {values[1]:.2g}"
