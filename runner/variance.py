"""The variance between runs by its sources, and what it makes of a mean over seeds and orders.

The report needs it of runs that are there, the dry run of a sweep of runs that are planned.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

POWER = 0.8
"""The share of samples in which a difference should be found that is there."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class VarianceSplit:
    """Variances by source: `seed`, `order_seed`, and `rest`, which neither explains alone.

    `runs` is the number of values, `seeds` and `orders` those of the different seeds: a
    variance from so few is known no better than that of so few values.
    """

    runs: int
    seeds: int
    orders: int
    seed: float
    order_seed: float
    rest: float

    @property
    def shares(self) -> tuple[float, float, float]:
        """The three as shares of their sum; an estimate below 0 counts as 0."""
        parts = np.maximum([self.seed, self.order_seed, self.rest], 0)
        seed, order, rest = parts / (parts.sum() or np.nan)
        return float(seed), float(order), float(rest)


def split_variance(
    values: Floats, seeds: npt.NDArray[np.int64], orders: npt.NDArray[np.int64]
) -> VarianceSplit | None:
    """Split the variance of `values` (n,) by `seeds` (n,) and `orders` (n,).

    Two-way random effects, one value a cell, cells may be missing: the reductions in the sum of
    squares by one source after the other are equated to their expectations. The estimates are
    unbiased, and so may be below 0; in a full table they are those of the analysis of variance.
    None where the values cannot tell the sources apart.

    Source: Searle, Casella and McCulloch 1992, Variance Components, chapter 5 (Henderson's
    method III).
    """
    by_seed, by_order = (_indicators(labels) for labels in (seeds, orders))
    both = _basis(np.hstack([by_seed, by_order]))
    left = len(values) - both.shape[1]
    if left == 0:
        return None
    rest = (values @ values - np.sum((both.T @ values) ** 2)) / left
    parts = []
    for source, other in ((by_seed, by_order), (by_order, by_seed)):
        alone = _basis(other)
        degrees = both.shape[1] - alone.shape[1]
        weight = np.sum((both.T @ source) ** 2) - np.sum((alone.T @ source) ** 2)
        if degrees == 0:
            return None
        gain = np.sum((both.T @ values) ** 2) - np.sum((alone.T @ values) ** 2)
        parts.append(float((gain - degrees * rest) / weight))
    return VarianceSplit(
        runs=len(values),
        seeds=by_seed.shape[1],
        orders=by_order.shape[1],
        seed=parts[0],
        order_seed=parts[1],
        rest=float(rest),
    )


def _indicators(labels: npt.NDArray[np.int64]) -> Floats:
    """One column per label, 1 where a value has it."""
    return np.asarray(labels[:, None] == np.unique(labels), float)


def _basis(columns: Floats) -> Floats:
    """An orthonormal basis of the space that the columns (n, k) span."""
    vectors, lengths, _ = np.linalg.svd(columns, full_matrices=False)
    basis: Floats = vectors[:, lengths > 1e-9 * lengths[0]]
    return basis


class Spread(NamedTuple):
    """The variance of a mean, and the degrees of freedom of its estimate."""

    variance: float
    degrees: float

    def reach(self, level: float = 0.95) -> float:
        """How far the interval of this level goes to each side, by Student's t."""
        return float(stats.t.ppf((1 + level) / 2, self.degrees) * np.sqrt(self.variance))

    def detected(self, level: float = 0.95) -> float:
        """The mean whose interval of this level excludes 0 in `POWER` of all samples.

        By Student's t for both, as in Cohen 1988 (Statistical Power Analysis, section 2.2).
        """
        quantiles = stats.t.ppf([(1 + level) / 2, POWER], self.degrees)
        return float(quantiles.sum() * np.sqrt(self.variance))


def spread_of_mean(
    split: VarianceSplit, seeds: float, orders: float, *, runs: int, degrees: int
) -> Spread:
    """The variance of a mean over so many `runs` of so many `seeds` and `orders`.

    `degrees` are those of the rest. Components below 0 count as 0; degrees of freedom of the sum
    by Satterthwaite (1946, Biometrics Bulletin 2).
    """
    sides = (seeds, orders)
    parts = [
        max(0.0, one) / n for one, n in zip((split.seed, split.order_seed), sides, strict=True)
    ]
    rest = split.rest / runs
    variance = sum(parts) + rest
    if variance <= 0:
        return Spread(0.0, 1.0)
    uncertain = rest**2 / degrees
    for part, n in zip(parts, sides, strict=True):
        if part > 0:  # the mean square that the part was estimated from holds the rest as well
            uncertain += (part + rest) ** 2 / (n - 1)
    return Spread(variance, max(1.0, variance**2 / uncertain))


def spread_of_table(split: VarianceSplit, seeds: int, orders: int) -> Spread:
    """The same where every one of the `seeds` is run in every one of the `orders`."""
    return spread_of_mean(
        split, seeds, orders, runs=seeds * orders, degrees=(seeds - 1) * (orders - 1)
    )


def spread_of_runs(variance: float, runs: int) -> Spread:
    """The same where the runs share nothing, or one order, or one seed."""
    return Spread(variance / runs, runs - 1)
