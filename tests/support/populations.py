"""Distributions whose means, medians and interquartile means are known exactly."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats


@dataclass(frozen=True)
class Population:
    """A distribution of values (m, n) that `draw(rng, size)` draws, and its true values."""

    name: str
    draw: Callable
    truth: dict[str, float]


def lognormal_iqm(mu, sigma):
    """The mean of exp(N(mu, sigma)) between its quartiles."""
    inside = np.diff(stats.norm.cdf(stats.norm.ppf([0.25, 0.75]) - sigma))[0]
    return np.exp(mu + sigma**2 / 2) * inside / 0.5


def mixture(alive, centre):
    """Mean, median and interquartile mean of survivors N(centre, 0.006), others N(0.10, 0.025)."""
    parts = (alive, stats.norm(centre, 0.006)), (1 - alive, stats.norm(0.10, 0.025))

    def quantile(share):
        def excess(x):
            return sum(weight * part.cdf(x) for weight, part in parts) - share

        return optimize.brentq(excess, -1, 2, xtol=1e-12)

    ends = [quantile(0.25), quantile(0.75)]
    inside = sum(  # of a normal density f: x f(x) = mean f(x) - variance f'(x)
        weight * (part.mean() * np.diff(part.cdf(ends)) - part.var() * np.diff(part.pdf(ends)))[0]
        for weight, part in parts
    )
    mean = sum(weight * part.mean() for weight, part in parts)
    return {"mean": mean, "median": quantile(0.5), "iqm": inside / 0.5}


def some_diverged(rng, size):
    alive = rng.random(size) < 0.7
    return np.where(alive, rng.normal(0.72, 0.006, size), rng.normal(0.10, 0.025, size))


SINGLE = (
    Population(
        "normal",
        lambda rng, size: rng.normal(size=size),
        {"mean": 0, "median": 0, "iqm": 0},
    ),
    Population(
        "log-normal",
        lambda rng, size: rng.lognormal(size=size),
        {"mean": np.exp(0.5), "median": 1, "iqm": lognormal_iqm(0, 1)},
    ),
    Population("30 % diverged", some_diverged, mixture(0.7, 0.72)),
)
"""Standard normal; log-normal with sigma 1; test accuracies, 30 % of them of untrained models."""

RHO = 0.7
"""The correlation of what a seed does to two configurations."""


def correlated(rng, size):
    first, own = rng.normal(size=(2, *size))
    return first, RHO * first + np.sqrt(1 - RHO**2) * own


def normal_pairs(rng, size):
    first, second = correlated(rng, size)
    return first + 0.5, second


def lognormal_pairs(rng, size):
    first, second = correlated(rng, size)
    return np.exp(first + 0.5), np.exp(second / 2)


def diverging_pairs(rng, size):
    first, second = correlated(rng, size)
    fate, lost = rng.random(size), rng.normal(0.10, 0.025, size)
    first = np.where(fate < 0.2, lost, 0.723 + 0.006 * first)
    return first, np.where(fate < 0.3, lost, 0.720 + 0.006 * second)


def above(gap, first, second):
    """The chance that a difference N(gap, ...) of two `correlated` values times these is > 0."""
    return stats.norm.cdf(gap / np.sqrt(first**2 + second**2 - 2 * RHO * first * second))


PAIRS = (
    Population(
        "normal",
        normal_pairs,
        {"mean difference": 0.5, "iqm difference": 0.5, "improvement": above(0.5, 1, 1)},
    ),
    Population(
        "log-normal",
        lognormal_pairs,
        {
            "mean difference": np.exp(1) - np.exp(0.125),
            "iqm difference": lognormal_iqm(0.5, 1) - lognormal_iqm(0, 0.5),
            "improvement": above(0.5, 1, 0.5),
        },
    ),
    Population(
        "30 % diverged",
        diverging_pairs,
        {
            "mean difference": mixture(0.8, 0.723)["mean"] - mixture(0.7, 0.720)["mean"],
            "iqm difference": mixture(0.8, 0.723)["iqm"] - mixture(0.7, 0.720)["iqm"],
            "improvement": 0.2 / 2 + 0.1 + 0.7 * above(0.003, 0.006, 0.006),
        },
    ),
)
"""Two configurations on the same seeds. In the last, 20 % of the seeds diverge in both, with the
same accuracy, and 10 % in the second alone."""


def two_way_normal(rng, size, shares):
    """Standard normal values (m, seeds, orders), their variance split by these shares."""
    m, seeds, orders = size
    shapes = ((m, seeds, 1), (m, 1, orders), size)
    return sum(
        np.sqrt(share) * rng.normal(size=one) for share, one in zip(shares, shapes, strict=True)
    )


MOSTLY_SEEDS, MOSTLY_ORDERS = (0.7, 0.1, 0.2), (0.05, 0.9, 0.05)


def crossed_some_diverged(rng, size):
    """As `some_diverged`: who diverges depends on seed and order too."""
    lost = two_way_normal(rng, size, MOSTLY_SEEDS) < stats.norm.ppf(0.3)
    alive = 0.72 + 0.006 * two_way_normal(rng, size, MOSTLY_SEEDS)
    untrained = 0.10 + 0.025 * rng.normal(size=(*size[:2], 1))
    return np.where(lost, untrained, alive)


def crossed_pairs(rng, size):
    """Two configurations at 0.723 and 0.720 that share 0.7 of what seeds and orders do.

    20 % of the runs diverge in both, 10 % in the second alone.
    """
    both, first, second, fate = (two_way_normal(rng, size, MOSTLY_SEEDS) for _ in range(4))
    first, second = (np.sqrt(RHO) * both + np.sqrt(1 - RHO) * own for own in (first, second))
    untrained = 0.10 + 0.025 * rng.normal(size=(*size[:2], 1))
    first = np.where(fate < stats.norm.ppf(0.2), untrained, 0.723 + 0.006 * first)
    return first, np.where(fate < stats.norm.ppf(0.3), untrained, 0.720 + 0.006 * second)


CROSSED = (
    Population(
        "seeds matter",
        lambda rng, size: two_way_normal(rng, size, MOSTLY_SEEDS),
        {"mean": 0, "median": 0, "iqm": 0, "share": 0.3, "threshold": stats.norm.ppf(0.3)},
    ),
    Population(
        "orders matter",
        lambda rng, size: two_way_normal(rng, size, MOSTLY_ORDERS),
        {"mean": 0, "median": 0, "iqm": 0, "share": 0.3, "threshold": stats.norm.ppf(0.3)},
    ),
    Population(
        "30 % diverged",
        crossed_some_diverged,
        mixture(0.7, 0.72) | {"share": 0.3, "threshold": 0.4},
    ),
)
"""Values (m, seeds, orders); `share` is that of the values below `threshold`."""

CROSSED_PAIRS = (Population("30 % diverged", crossed_pairs, PAIRS[2].truth),)


def staggered_runs(rng, size):
    """Updates reached and whether the runs diverged: lifetimes exponential, ends of 0.3 to 1.

    In units in which 0.7 of the lifetimes are longer than `HORIZON`.
    """
    lifetimes, ends = rng.exponential(size=size), rng.uniform(0.3, 1, size)
    return np.minimum(lifetimes, ends), lifetimes <= ends


HORIZON = -np.log(0.7)
