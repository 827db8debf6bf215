"""How often the frozen-model test errs on simulated frozen models."""

from dataclasses import dataclass

from analysis.printed.frozen.rows import printed_frozen
from analysis.printed.frozen.untrained import Untrained
from analysis.printed.frozen.verdict import judge


@dataclass(frozen=True)
class ErrorRates:
    """The share of frozen rows that were called not frozen, and of how many."""

    frozen_rejected: float
    frozen_rows: int


def error_rates(untrained: Untrained, held_out: Untrained, *, epochs: int = 5) -> ErrorRates:
    """Judge rows of models that are known not to have moved.

    Arguments
    - untrained: the models that `judge` compares with;
    - held_out: other models, each of whose rows of so many `epochs` should be called frozen.
    """
    rejected = [not judge(row, untrained).frozen for row in printed_frozen(held_out, epochs)]
    return ErrorRates(sum(rejected) / len(rejected), len(rejected))
