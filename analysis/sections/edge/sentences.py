"""What the grid of learning rates says, in sentences; every number is computed."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.sections.edge.bounds import Bounds, Range
from runner.process import plural

Row = Mapping[str, Any]
"""The figures of one loss form, as `analysis.sections.edge` makes them."""


def divergence_sentence(row: Row) -> str:
    """From which learning rate on a form loses runs, and from which on all."""
    form, breaks, spared = row["loss"], row["breaks"], row["spared"]
    grid = f"{row['rates']} learning rates from {row['first']:g} to {row['last']:g}"
    if breaks is None:
        return f"With {form} none of {row['runs']} runs diverged, at any of {grid}."
    count, total = int(breaks["diverged"]), int(breaks["runs"])
    if row["lost_from"] == row["first"]:
        return f"With {form} all {row['runs']} runs diverged, at all {grid}."
    chance = f"95 % interval {100 * breaks['low']:.0f} to {100 * breaks['high']:.0f} %"
    said = (
        f"With {form} the lowest of {grid} at which a run diverged is {breaks['lr']:g} "
        f"({count} of {total}; {chance})"
    )
    if spared:
        place = f"at {spared[0]:g}" if len(spared) == 1 else f"from {spared[0]:g} to {spared[-1]:g}"
        said += f"; at {len(spared)} above it, {place}, none did"
    if row["lost_from"] is not None:
        said += f"; from {row['lost_from']:g} on no run survived"
    return f"{said}."


def best_rate_sentence(row: Row) -> str:
    """Where the means of accuracy and of loss are best; no claim that others are worse."""
    if row["best"] is None:
        return f"With {row['loss']} no run survived."
    said = (
        f"With {row['loss']} the mean test accuracy is highest at {row['best']:g}, where it is "
        f"{row['accuracy']:.4f} ({row['survivors']} {plural(row['survivors'], 'run')} survived; "
        "a diverged one counts as its untrained model)"
    )
    if row["best_by_loss"] != row["best"]:
        return f"{said}; the test loss is lowest at {row['best_by_loss']:g}."
    return f"{said}; the test loss is lowest there too."


def sensitivity_sentence(rows: Sequence[Row]) -> str:
    """How much the choice of the learning rate matters to each form."""
    parts = [
        f"{row['sensitivity'][0]:.2f} with {row['loss']}"
        if row["sensitivity"]
        else f"undefined with {row['loss']}, where no run survived"
        for row in rows
    ]
    return (
        "Learning-rate sensitivity, the mean over the grid of what the final test loss exceeds "
        f"the best one by, is {', '.join(parts)} (medians over seeds)."
    )


def bound_sentences(bounds: Bounds) -> list[str]:
    """Where the curvature bounds lie."""
    if bounds.start is None:
        return [f"There is no curvature bound: {bounds.missing}."]
    after = "; ".join(f"{_range(end)} with {form}" for form, end in bounds.end.items())
    said = [
        "Were the training loss a quadratic, gradient descent would swing ever farther above a "
        "learning rate of 2 / (largest eigenvalue of its Hessian). This curvature bound is "
        f"{_range(bounds.start)} for the untrained models"
        + (
            f", and after training at the learning rate of the highest mean {after}."
            if after
            else "."
        )
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
            f"At {len(beyond)} learning rates from {min(beyond):g} to {max(beyond):g}, all above "
            f"the bounds of the untrained models, the learning rate is {_range(ratios)} times the "
            f"bound after training ({across.form}, seed {across.seed})."
        )
    return said


def _range(values: Range) -> str:
    return f"{values[0]:.2g} to {values[1]:.2g}"
