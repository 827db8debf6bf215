"""What twins say of the horizon, in words; every number is computed."""

from collections.abc import Sequence

import numpy as np

from analysis.formatting import plain
from analysis.sections.horizon.twins import Twins
from runner.process import plural

APART = 1e-5
"""Beyond the horizon twins end with test losses that differ by more than this share, in the median:
more than stable runs do on two machines."""


def beyond(one: Twins) -> bool:
    """Whether a run of this form and learning rate can no longer be reproduced."""
    return one.end > APART


def sentences(twins: Sequence[Twins]) -> list[str]:
    """How far twins part with each form of the loss, and from which learning rate on it matters."""
    families, pairs = (sum(getattr(one, name) for one in twins) for name in ("families", "pairs"))
    said = [
        f"{families} {'run was' if families == 1 else 'runs were'} trained again from the same "
        f"parameters, but with the last bit of one weight flipped ({pairs} "
        f"{plural(pairs, 'pair')}): the least by which two correct programs can differ."
    ]
    for form in dict.fromkeys(one.loss for one in twins):
        said += _of_form(form, [one for one in twins if one.loss == form])
    return [*said, _horizon(twins)]


def _of_form(form: str, twins: Sequence[Twins]) -> list[str]:
    said = []
    clauses = [_far(one) for one in _ends([one for one in twins if beyond(one)])]
    near = [one for one in twins if len(one.differences) and not beyond(one)]
    if near:
        most = max(one.largest for one in near)
        apart = f"{most:.4f} apart at most" if most else "equal in every pair"
        clauses.append(f"at {_listed([one.lr for one in near])} {apart}")
    if clauses:
        said.append(f"With {form} the test accuracies of twins end {'; '.join(clauses)}.")
    if lost := [one for one in twins if one.died or one.one_died]:
        shares = ", ".join(f"{one.died} of {one.pairs} pairs at {plain(one.lr)}" for one in lost)
        elsewhere, alone = (
            sum(getattr(one, name) for one in lost) for name in ("elsewhere", "one_died")
        )
        said.append(
            f"With {form} both twins diverged in {shares}"
            f"{f', {elsewhere} of these after different numbers of updates' if elsewhere else ''}"
            f"{f'; in {alone} more only one did' if alone else ''}."
        )
    return said


def _far(one: Twins) -> str:
    """How far twins end apart beyond the horizon, beside the other spreads where known."""
    said = (
        f"at {plain(one.lr)} {one.median:.4f} apart in the median and "
        f"{one.largest:.4f} at most (standard deviation {one.rounding:.4f}"
    )
    if np.isnan(one.seed):
        return f"{said})"
    return f"{said}, beside {one.order:.4f} between orders and {one.seed:.4f} between seeds)"


def _horizon(twins: Sequence[Twins]) -> str:
    lost = [one for one in twins if beyond(one)]
    kept = [one for one in twins if len(one.differences) and not beyond(one)]
    if not lost:
        highest = plain(max(one.lr for one in kept)) if kept else None
        return (
            f"Up to learning rate {highest} a last bit is not amplified, so a run can be repeated."
            if highest
            else "No pair survived, so that nothing is known of the accuracy."
        )
    first = min(lost, key=lambda one: one.lr)
    said = (
        f"Of the learning rates tried, from {plain(first.lr)} on nobody can reproduce a run, only a "
        f"distribution: with {first.loss} the difference in test loss grows to {first.end:.0e} of it"
    )
    below = [one for one in kept if one.lr < first.lr and one.loss == first.loss]
    if not below:
        return f"{said}."
    last = max(below, key=lambda one: one.lr)
    return f"{said}. At {plain(last.lr)} it stays at {last.end:.0e}, and a run can be repeated."


def _ends(twins: Sequence[Twins]) -> Sequence[Twins]:
    """The first and the last of several, so that a long grid stays short."""
    return [twins[0], twins[-1]] if len(twins) > 1 else twins


def _listed(rates: Sequence[float]) -> str:
    ordered = sorted(rates, reverse=True)
    if len(ordered) > 2:
        return f"{len(ordered)} rates from {plain(ordered[-1])} to {plain(ordered[0])}"
    return " and ".join(map(plain, ordered))
