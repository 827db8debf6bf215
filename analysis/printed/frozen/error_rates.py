"""How often the frozen-model test errs on simulated frozen models."""

from dataclasses import dataclass

import numpy as np

from analysis.cache import Arrays, cached
from analysis.printed.frozen.lattice import on_lattice
from analysis.printed.frozen.monte_carlo import compare
from analysis.printed.frozen.rows import Printed, printed_frozen
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


def cross_validated(untrained: Untrained, *, folds: int = 4, epochs: int = 5) -> ErrorRates:
    """Judge the rows of every model by the models of the other folds.

    So each model is both judged and compared with, and the rate is that of all K of them: with
    one sample to compare with and another to judge it would be that of half as many.
    """

    def judged() -> Arrays:
        models = np.arange(len(untrained.loss))
        rates = [
            error_rates(untrained.of(np.setdiff1d(models, fold)), untrained.of(fold), epochs=epochs)
            for fold in np.array_split(models, folds)
        ]
        return {
            "rejected": np.array([one.frozen_rejected for one in rates]),
            "rows": np.array([one.frozen_rows for one in rates]),
        }

    made_from = [*vars(untrained).values(), folds, epochs]
    found = cached(
        judged, made_from, [cross_validated, judge, compare, on_lattice, Untrained, Printed]
    )
    return ErrorRates(
        float(np.average(found["rejected"], weights=found["rows"])), int(found["rows"].sum())
    )
