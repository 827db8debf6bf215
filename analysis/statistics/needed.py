"""How many more seeds or orders would settle whether a mean difference is 0.

A plan, no result: the difference and the variances are taken as they were found.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from analysis.statistics.design import Labels
from analysis.statistics.intervals import FEWEST, Floats
from analysis.statistics.two_way import shared
from runner.variance import Spread, split_variance, spread_of_runs, spread_of_table

MOST = 1000
"""More seeds or orders than this are not looked for."""


class Needed(NamedTuple):
    """How many more `seeds` and `orders` to run; `paired` where each new seed has a new order.

    Else every seed is run in every order. Without a number: more than `MOST` of either.
    """

    seeds: int = 0
    orders: int = 0
    paired: bool = False

    @property
    def within_reach(self) -> bool:
        """Whether there is a number."""
        return bool(self.seeds or self.orders)


def needed(
    differences: Floats, seeds: Labels, orders: Labels, level: float = 0.95
) -> Needed | None:
    """What would let the interval of the mean of `differences` (n,) exclude 0.

    With so many more, the interval of this `level` excludes 0 in 80 % of all samples, if the true
    difference and variances are those found. Where `seeds` (n,) cross with `orders` (n,), the
    cheapest in runs of three: more seeds in the same orders, more orders of the same seeds, as
    many more of both; else runs like those that are there. None for fewer than five values, and
    where they say nothing of the variance.
    """
    if len(differences) < FEWEST or np.ptp(differences) == 0:
        return None
    mean = abs(float(np.mean(differences)))
    a, b = len(np.unique(seeds)), len(np.unique(orders))
    if not shared(seeds, orders):
        variance, n = float(np.var(differences, ddof=1)), len(differences)
        more = _fewest(mean, level, lambda more: spread_of_runs(variance, n + more))
        return Needed(more * (a > 1), more * (b > 1), paired=min(a, b) > 1) if more else Needed()
    split = split_variance(differences, seeds, orders)
    if split is None:
        return None
    plans = []
    for seed, order in ((1, 0), (0, 1), (1, 1)):

        def spread(more: int, seed: int = seed, order: int = order) -> Spread:
            return spread_of_table(split, a + more * seed, b + more * order)

        if more := _fewest(mean, level, spread):
            plans.append(Needed(more * seed, more * order))
    return min(plans, key=lambda one: (a + one.seeds) * (b + one.orders), default=Needed())


def _fewest(mean: float, level: float, spread: Callable[[int], Spread]) -> int | None:
    """The fewest more, at least one, with which a mean is detected; by bisection."""
    if spread(MOST).detected(level) > mean:
        return None
    low, high = 0, MOST  # too few, or not tried; enough
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if spread(middle).detected(level) <= mean else (middle, high)
    return high
