"""How often the frozen-model test errs: on simulated frozen models, and on real training."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.frozen.printed import Printed, printed_frozen
from analysis.frozen.untrained import Untrained
from analysis.frozen.verdict import judge


@dataclass(frozen=True)
class ErrorRates:
    """The share of frozen rows called not frozen, and of moving rows called frozen.

    Of as many rows each; nan where there are none.
    """

    frozen_rejected: float
    frozen_rows: int
    moving_accepted: float
    moving_rows: int


def error_rates(
    untrained: Untrained, held_out: Untrained, moving: Iterable[Printed], *, epochs: int = 5
) -> ErrorRates:
    """Judge rows of which it is known whether their model moved.

    Arguments
    - untrained: the models that `judge` compares with;
    - held_out: other models, each of whose rows of so many `epochs` should be called frozen;
    - moving: trainings that should not be called frozen.
    """
    rejected = [not judge(row, untrained).frozen for row in printed_frozen(held_out, epochs)]
    accepted = [judge(row, untrained).frozen for row in moving]
    return ErrorRates(_share(rejected), len(rejected), _share(accepted), len(accepted))


def _share(answers: Sequence[bool]) -> float:
    return sum(answers) / len(answers) if answers else math.nan
