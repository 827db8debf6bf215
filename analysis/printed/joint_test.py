"""Is a printed sequence one more draw of the distribution that our runs came from?

The figures of a sequence are correlated, so they are tested together, by their distance from our
mean. How far is too far depends on the tails of the distribution, of which a hundred runs say
little; so the question is asked under three assumptions (`p_values`), and by rank under none.
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


def p_values(sample: Floats, point: Floats) -> PValues:
    """Whether `point` (k,) is one more draw of the distribution of `sample` (n, k)."""
    return PValues(
        joint_p_value(sample, point),
        joint_p_value(sample, point, tail_degrees(sample)),
        joint_p_value(*straighten(sample, point)),
    )


def own_p_values(sample: Floats) -> Floats:
    """The largest p-value of each point of `sample` (n, k) beside the others, (n,).

    How often these are small says how often the test calls a run of ours odd. Tail and powers are
    those of the whole sample.
    """
    degrees = tail_degrees(sample)
    straight, _ = straighten(sample, sample[0])
    found = []
    for place in range(len(sample)):
        others = np.delete(sample, place, axis=0)
        found.append(
            max(
                joint_p_value(others, sample[place]),
                joint_p_value(others, sample[place], degrees),
                joint_p_value(np.delete(straight, place, axis=0), straight[place]),
            )
        )
    return np.array(found)


def joint_p_value(sample: Floats, point: Floats, tail: float | None = None) -> float:
    """Whether `point` (k,) is one more draw of the normal distribution of `sample` (n, k).

    The k figures of a sequence are correlated (a run that starts badly is behind in every
    epoch), so they are not tested one by one: the squared Mahalanobis distance of the point,
    by the covariance of the sample, is compared with its distribution, (n + 1)(n - 1) r /
    (n (n - r)) F(r, n - r), where r is the rank of the covariance (figures that are copies
    of one another count once). A point outside the space that the sample spans has p = 0.
    `tail` stands in for n - r, the degrees of freedom in the tail of F, where these are fewer.

    Source: Hotelling 1931; the prediction form in Chew, *JASA* 61 (1966).
    """
    n = len(sample)
    rank, distances = _squared_distances(sample, point[None])
    statistic = float(distances[0]) * n * (n - rank) / ((n + 1) * (n - 1) * rank)
    return float(stats.f.sf(statistic, rank, min(n - rank, tail or np.inf)))


def tail_degrees(sample: Floats) -> float:
    """The degrees of freedom of F that fit the distances of `sample` (n, k), each by the others.

    By maximum likelihood, from `HEAVIEST` to those of normal figures: a multivariate t
    distribution has such distances, and a normal one is its limit.
    """
    n = len(sample)
    found = []
    for place in range(n):
        rank, distances = _squared_distances(np.delete(sample, place, axis=0), sample[[place]])
        found.append(float(distances[0]) * (n - 1) * (n - 1 - rank) / (n * (n - 2) * rank))
    statistics = np.array([one for one in found if np.isfinite(one)])

    def cost(logarithm: float) -> float:
        return -float(stats.f.logpdf(statistics, rank, np.exp(logarithm)).sum())

    ends = (np.log(HEAVIEST), np.log(max(HEAVIEST + 1, n - rank)))
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
