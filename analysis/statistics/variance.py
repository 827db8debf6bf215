"""How much of the variance comes from the initial parameters, how much from the data's order.

Bouthillier et al. 2021 (arXiv 2103.03098) vary such sources separately and together.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.reading import PARAMS
from analysis.statistics.design import SEEDS, seeds_and_orders
from analysis.statistics.intervals import Floats


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


def variance_by_seeds(runs: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The split of a metric of the last epoch over the survivors, per configuration.

    `runs` is the frame of `load_runs`. One row per configuration that was trained with several
    seeds in several orders: its keys, `runs`, `seeds` and `orders` (numbers), the variances
    `seed`, `order_seed` and `rest`, and their shares `seed_share`, `order_seed_share` and
    `rest_share`.
    """
    keys = [key for key in PARAMS if key not in SEEDS]
    rows = []
    for values, group in runs[runs["outcome"] != "diverged"].groupby(keys):
        seeds, orders = seeds_and_orders(group)
        split = split_variance(group[metric].to_numpy(float), seeds, orders)
        if split:
            names = ("seed_share", "order_seed_share", "rest_share")
            shares = dict(zip(names, split.shares, strict=True))
            rows.append({**dict(zip(keys, values, strict=True)), **vars(split), **shares})
    return pd.DataFrame(rows)
