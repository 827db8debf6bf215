"""Estimates with 95 % intervals of runs that may share seeds and orders.

Where seeds are crossed with orders, a value is a seed's effect, an order's and a rest, and an
interval must allow for other seeds and other orders. Where no two runs share anything, or where
all share one of the two, the methods of `intervals` are used; in the second case the interval
says nothing about another order (or seed). docs/statistics.md has the measured coverage.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import stats

from analysis.statistics import intervals
from analysis.statistics.design import Labels
from analysis.statistics.intervals import FEWEST, RESAMPLES, Estimate, Floats, generator, wilson
from runner.variance import Spread, split_variance, spread_of_mean


def shared(seeds: Labels, orders: Labels) -> bool:
    """Whether some of these runs share a seed or an order, and not all of them."""
    n, a, b = len(seeds), len(np.unique(seeds)), len(np.unique(orders))
    return min(a, b) > 1 and min(a, b) < n


def spread(values: Floats, seeds: Labels, orders: Labels) -> Spread | None:
    """The variance of the mean of `values` (n,) over new `seeds` (n,) and new `orders` (n,).

    The sum of three parts: the components of `split_variance`, those below 0 as 0, divided by
    the number of seeds, of orders and of values (where the runs are unequally many, by the
    number of equally frequent ones that would be as good). Degrees of freedom by Satterthwaite.
    None where the values cannot tell the sources apart.

    Source: Satterthwaite 1946, Biometrics Bulletin 2; Searle, Casella and McCulloch 1992,
    section 4.5.
    """
    if np.ptp(values) == 0:
        return Spread(0.0, 1.0)
    split = split_variance(values, seeds, orders)
    if split is None:
        return None
    degrees = len(values) - split.seeds - split.orders + 1
    sides = (_equally_frequent(seeds), _equally_frequent(orders))
    return spread_of_mean(split, *sides, runs=len(values), degrees=degrees)


def _equally_frequent(labels: Labels) -> float:
    """How many equally frequent labels give a mean as good a base as these."""
    _, counts = np.unique(labels, return_counts=True)
    return float(counts.sum() ** 2 / (counts**2).sum())


def mean(values: Floats, seeds: Labels, orders: Labels, level: float = 0.95) -> Estimate:
    """The mean of `values` (n,): two-way, Student's t by the variance of `spread`."""
    if not shared(seeds, orders):
        return intervals.mean(values, level)
    centre = float(np.mean(values))
    found = spread(values, seeds, orders) if len(values) >= FEWEST else None
    if found is None:
        return Estimate(centre)
    reach = found.reach(level)
    return Estimate(centre, centre - reach, centre + reach)


def median(values: Floats, seeds: Labels, orders: Labels) -> Estimate:
    """The median of `values` (n,): two-way, by Woodruff's method.

    The share of values up to the median is a mean of zeros and ones, whose interval `spread`
    gives; its two ends, read as quantiles of the values, are those of the median.

    Source: Woodruff 1952, Confidence Intervals for Medians, J. Am. Stat. Assoc. 47.
    """
    if not shared(seeds, orders):
        return intervals.median(values)
    centre = float(np.median(values))
    below = (values <= centre).astype(float)
    found = spread(below, seeds, orders) if len(values) >= FEWEST else None
    if found is None:
        return Estimate(centre)
    ends = 0.5 + np.array([-1, 1]) * found.reach(0.95)
    low, high = np.quantile(values, np.clip(ends, 0, 1), method="hazen")
    return Estimate(centre, float(low), float(high))


def interquartile_mean(values: Floats, seeds: Labels, orders: Labels) -> Estimate:
    """The mean of the middle half of `values` (n,): two-way, by the pigeonhole bootstrap.

    Seeds and orders are drawn anew, each with replacement, and a run counts as often as its seed
    and its order together. Percentiles are those that would give Student's interval for a mean
    with the degrees of freedom of `spread`.

    Source: Owen 2007, The Pigeonhole Bootstrap, Annals of Applied Statistics 1.
    """
    if not shared(seeds, orders):
        return intervals.interquartile_mean(values)
    return _bootstrap(values[None], values, seeds, orders)


def iqm_difference(first: Floats, second: Floats, seeds: Labels, orders: Labels) -> Estimate:
    """The difference of the interquartile means of `first` (n,) and `second` (n,), pair by pair.

    Pairs are drawn as the runs of `interquartile_mean`, so that what a seed or an order does to
    both cancels.
    """
    if not shared(seeds, orders):
        return intervals.iqm_difference(first, second)
    return _bootstrap(np.array([first, -second]), first - second, seeds, orders)


def _bootstrap(sides: Floats, values: Floats, seeds: Labels, orders: Labels) -> Estimate:
    """The sum of the interquartile means of `sides` (k, n); `values` give degrees of freedom."""
    centre = float(intervals.middle(sides).sum())
    found = spread(values, seeds, orders) if len(values) >= FEWEST else None
    if found is None:
        return Estimate(centre)
    some_seeds, by_seed = np.unique(seeds, return_inverse=True)
    some_orders, by_order = np.unique(orders, return_inverse=True)
    of_seeds, of_orders = _drawn(len(some_seeds), len(some_orders))
    weights = of_seeds[:, by_seed] * of_orders[:, by_order]
    weights = weights[weights.sum(axis=1) > 0]  # of a table with holes a resample may be empty
    drawn = sum(_weighted_middle(side, weights) for side in sides)
    share = float(stats.norm.cdf(-stats.t.ppf(0.975, found.degrees)))
    low, high = np.quantile(drawn, [share, 1 - share])
    return Estimate(centre, float(low), float(high))


@cache
def _drawn(*numbers: int) -> list[Labels]:
    """How often each of so many seeds, then orders, is in a resample: (RESAMPLES, number) each."""
    rng = generator()
    return [rng.multinomial(n, np.full(n, 1 / n), RESAMPLES) for n in numbers]


def _weighted_middle(values: Floats, weights: Labels) -> Floats:
    """The interquartile mean of `values` (n,), each counted as often as a row of weights says.

    As `intervals.middle`: of n counted ones n // 4 are left out at both ends.
    """
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(weights[:, order], axis=1)
    counted = upto[:, -1:]
    cut = counted // 4
    inside = np.clip(upto, cut, counted - cut)
    kept = np.diff(inside, axis=1, prepend=cut)
    means: Floats = (kept @ values[order]) / (counted - 2 * cut)[:, 0]
    return means


def share(hits: npt.ArrayLike, seeds: Labels, orders: Labels) -> Estimate:
    """The share of `hits` (n,), from 0 to 1 each or booleans, by Wilson's interval; one-way, any n.

    Two-way, the number of runs is that of independent ones whose share would vary as much
    (Korn and Graubard 1998, Survey Methodology 24), at most that of the runs; where all hits are
    equal nothing tells it, and the smaller of the numbers of seeds and orders stands in.
    """
    values = np.asarray(hits, np.float64)
    if not len(values):
        return Estimate(np.nan)
    found = float(np.mean(values))
    size = independent_size(values, seeds, orders)
    return Estimate(found, *wilson(found * size, size))


def independent_size(hits: Floats, seeds: Labels, orders: Labels) -> float:
    """How many independent runs would tell the share of `hits` (n,) as well; see `share`."""
    n = len(hits)
    if not shared(seeds, orders):
        return float(n)
    fewest = float(min(len(np.unique(seeds)), len(np.unique(orders))))
    about = spread(hits, seeds, orders)
    if about is None or about.variance <= 0:
        return fewest
    known = stats.norm.ppf(0.975) / stats.t.ppf(0.975, about.degrees)
    return float(np.clip(np.var(hits) / about.variance * known**2, 1.0, n))
