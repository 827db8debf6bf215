"""What twins say of the horizon, in words; every number is computed."""

from collections.abc import Sequence

from analysis.formatting import plain
from analysis.sections.horizon.twins import Twins
from analysis.sections.naming import form_name
from runner.process import plural

APART = 1e-5
"""Beyond the horizon twins end with test losses that differ by more than this share, in the median:
more than stable runs do on two machines."""


def beyond(one: Twins) -> bool:
    """Whether a run of this form and learning rate can no longer be reproduced."""
    return one.end > APART


def sentences(twins: Sequence[Twins]) -> list[str]:
    """What was tried, and from which learning rate on it matters."""
    families, pairs = (sum(getattr(one, name) for one in twins) for name in ("families", "pairs"))
    said = (
        f"{families} {'run was' if families == 1 else 'runs were'} trained again from the same "
        f"weights, but with the last bit of one weight flipped ({pairs} {plural(pairs, 'pair')}). "
        "That is the least by which two correct programs can differ."
    )
    return [said, _horizon(twins)]


def _horizon(twins: Sequence[Twins]) -> str:
    lost = [one for one in twins if beyond(one)]
    kept = [one for one in twins if len(one.differences) and not beyond(one)]
    if not lost:
        highest = plain(max(one.lr for one in kept)) if kept else None
        return (
            f"Up to learning rate {highest} a last bit is not amplified, so a run can be repeated."
            if highest
            else "No pair survived, so nothing is known about the accuracy."
        )
    first = min(lost, key=lambda one: one.lr)
    said = (
        f"From learning rate {plain(first.lr)} on nobody can reproduce a run, only a distribution: "
        f"with the {form_name(first.loss)} a last bit grows to {first.end:.0e} of the test loss"
    )
    below = [one for one in kept if one.lr < first.lr and one.loss == first.loss]
    if not below:
        return f"{said}."
    last = max(below, key=lambda one: one.lr)
    return f"{said}. At {plain(last.lr)} it stays at {last.end:.0e}: a run can be repeated."
