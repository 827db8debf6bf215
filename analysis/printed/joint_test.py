"""Is a printed sequence one more draw of the distribution that our runs came from?

The figures of a sequence are correlated, so they are tested together, by their distance from our
mean. How far is too far depends on the tails of the distribution, of which a hundred runs say
little; so the question is asked under three assumptions (`assess`), and by rank under none.
"""

from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

from analysis.statistics import Floats

SINGULAR = 1e-9
"""Directions in which the figures spread less than this share of the largest are copies."""

OUTSIDE = 1e-6
"""Standard deviations that rounding may put a point outside the space of a sample."""

HEAVIEST = 2.0
"""The fewest degrees of freedom that a tail is given."""


class PValues(NamedTuple):
    """The p-values of one point, by the assumption on the distribution of the figures.

    - `normal`: they are normal (`joint_p_value`);
    - `heavy_tailed`: their tail is as heavy as our own runs' distances say (`tail_degrees`);
    - `straightened`: a power of each figure is normal (`straighten`).
    """

    normal: float
    heavy_tailed: float
    straightened: float


def assess(sample: Floats, point: Floats) -> tuple[PValues, Floats]:
    """Whether `point` (k,) is one more draw of the distribution of `sample` (n, k).

    Also the largest p-value of each point of the sample beside the others, (n,): how often these
    are small says how often the test calls a run of ours odd. Tail and powers are then those of
    the whole sample.
    """
    straight, straight_point = straighten(sample, point)
    own, own_straight = own_statistics(sample), own_statistics(straight)
    tail = tail_degrees(own)
    found = PValues(
        joint_p_value(sample, point),
        statistic(sample, point).p_value(tail),
        joint_p_value(straight, straight_point),
    )
    own_found = [
        max(one.p_value(), one.p_value(tail), other.p_value())
        for one, other in zip(own, own_straight, strict=True)
    ]
    return found, np.array(own_found)


class Statistic(NamedTuple):
    """A point's distance as a value of F with these degrees of freedom, `below` n - r."""

    value: float
    above: int
    below: int

    def p_value(self, tail: float = np.inf) -> float:
        """Its p-value; `tail` stands in for `below` where it is less."""
        return float(stats.f.sf(self.value, self.above, min(self.below, tail)))


def statistic(sample: Floats, point: Floats) -> Statistic:
    """The distance of `point` (k,) from `sample` (n, k), as `joint_p_value` says."""
    n = len(sample)
    rank, distances = _squared_distances(sample, point[None])
    value = float(distances[0]) * n * (n - rank) / ((n + 1) * (n - 1) * rank)
    return Statistic(value, rank, n - rank)


def own_statistics(sample: Floats) -> list[Statistic]:
    """The distance of each point of `sample` (n, k) from the others."""
    return [
        statistic(np.delete(sample, place, axis=0), point) for place, point in enumerate(sample)
    ]


def joint_p_value(sample: Floats, point: Floats) -> float:
    """Whether `point` (k,) is one more draw of the normal distribution of `sample` (n, k).

    The k figures of a sequence are correlated (a run that starts badly is behind in every
    epoch), so they are not tested one by one: the squared Mahalanobis distance of the point,
    by the covariance of the sample, is compared with its distribution, (n + 1)(n - 1) r /
    (n (n - r)) F(r, n - r), where r is the rank of the covariance (figures that are copies
    of one another count once). A point outside the space that the sample spans has p = 0.

    Source: Hotelling 1931; the prediction form in Chew, *JASA* 61 (1966).
    """
    return statistic(sample, point).p_value()


def tail_degrees(own: list[Statistic]) -> float:
    """The degrees of freedom in the tail of F that fit the distances of a sample's own points.

    By maximum likelihood, from `HEAVIEST` to those of normal figures: a multivariate t
    distribution has such distances, and a normal one is its limit.
    """
    values = np.array([one.value for one in own if np.isfinite(one.value)])
    _, above, below = own[0]

    def cost(logarithm: float) -> float:
        return -float(stats.f.logpdf(values, above, np.exp(logarithm)).sum())

    ends = (np.log(HEAVIEST), np.log(max(HEAVIEST + 1, below)))
    return float(np.exp(optimize.minimize_scalar(cost, bounds=ends, method="bounded").x))


def straighten(sample: Floats, point: Floats) -> tuple[Floats, Floats]:
    """Each figure of `sample` (n, k) and `point` (k,) by the power that makes it most normal.

    Source: Yeo and Johnson 2000, Biometrika 87.
    """
    centre, spread = sample.mean(axis=0), sample.std(axis=0)
    scaled = [(array - centre) / np.where(spread > 0, spread, 1) for array in (sample, point)]
    columns, figures = [], []
    for column, figure, varies in zip(scaled[0].T, scaled[1], spread > 0, strict=True):
        power = stats.yeojohnson_normmax(column) if varies else 1.0
        columns.append(stats.yeojohnson(column, power))
        figures.append(stats.yeojohnson(figure[None], power)[0])
    return np.column_stack(columns), np.array(figures)


def rank_p_value(sample: Floats, point: Floats) -> float:
    """The same question without normality: the rank of the point's distance among all n + 1.

    The covariance is that of all n + 1 points, so that under exchangeability every rank is
    equally likely; the smallest possible value is 1 / (n + 1).

    Source: conformal prediction (Vovk, Gammerman and Shafer 2005, section 2.2).
    """
    together = np.vstack([sample, point])
    _, distances = _squared_distances(together, together)
    return float((distances >= distances[-1] * (1 - 1e-9)).mean())


def _squared_distances(sample: Floats, points: Floats) -> tuple[int, Floats]:
    """The rank of the covariance of `sample` (n, k) and the squared Mahalanobis distances.

    Distances (m,) of `points` (m, k) from the sample's mean; infinite for a point outside the
    space that the sample spans.
    """
    mean = sample.mean(axis=0)
    spread = sample.std(axis=0, ddof=1)
    scale = np.where(spread > 0, spread, 1.0)
    _, lengths, axes = np.linalg.svd((sample - mean) / scale, full_matrices=False)
    kept = lengths > SINGULAR * lengths[0]
    lengths, axes = lengths[kept], axes[kept]
    scaled = (points - mean) / scale
    along = scaled @ axes.T
    outside = np.abs(scaled - along @ axes).max(axis=1) > OUTSIDE
    squared = ((along / lengths) ** 2).sum(axis=1) * (len(sample) - 1)
    return len(lengths), np.where(outside, np.inf, squared)
