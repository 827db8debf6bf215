"""Estimates with 95 % intervals: pure functions of arrays.

Each method was chosen because its interval covers the true value more often than the others'
in samples of 5 to 30; docs/statistics.md has the measurement.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

FEWEST = 5
"""Values that an interval needs; fewer are shown as points."""

RESAMPLES = 4000

ROUNDING = 1e-12
"""The share of a mean that equal differences may differ by, as 0.7 - 0.5 and 0.6 - 0.4."""

SEED = 1

Floats = npt.NDArray[np.float64]


class Estimate(NamedTuple):
    """A value and its 95 % interval; nan for a bound that the values do not give."""

    value: float
    low: float = np.nan
    high: float = np.nan

    def within(self, least: float, most: float) -> "Estimate":
        """The same with an interval that does not leave what the value can be."""
        low, high = np.clip([self.low, self.high], least, most)  # nan stays nan
        return Estimate(self.value, float(low), float(high))


def generator() -> np.random.Generator:
    """What draws the resamples: always the same, so that equal samples have equal intervals."""
    return np.random.default_rng(SEED)


def resampling_error(low: float, high: float) -> float:
    """The standard error that `RESAMPLES` resamples leave in the ends of a 95 % interval.

    That of a normal distribution's 2.5 % quantile, by the width of the interval.
    """
    end = float(stats.norm.ppf(0.975))
    relative = np.sqrt(0.025 * 0.975 / RESAMPLES) / stats.norm.pdf(end) / (2 * end)
    return float(relative * (high - low))


def mean(values: Floats, level: float = 0.95) -> Estimate:
    """The mean of `values` (n,), by Student's t corrected for the sample's skewness.

    The statistic t = (mean - true mean) / sd has a skewed distribution where the values have
    one; Hall's cubic transformation of it is nearly Student's, monotone, and inverted here.

    Source: Hall 1992, On the removal of skewness by transformation, J. R. Stat. Soc. B 54.
    """
    if len(values) < FEWEST:
        return Estimate(float(np.mean(values)) if len(values) else np.nan)
    n, centre, spread = len(values), float(np.mean(values)), float(np.std(values, ddof=1))
    if np.ptp(values) <= ROUNDING * abs(centre):
        return Estimate(centre, centre, centre)
    skewness = float(stats.skew(values))
    end = _student(n, level) / np.sqrt(n)
    ends = np.array([end, -end])
    if abs(skewness) > 1e-6:  # below, the transformation is the identity up to rounding
        cubes = 1 + skewness * (ends - skewness / (6 * n))
        ends = 3 / skewness * (np.cbrt(cubes) - 1)
    low, high = centre - spread * ends
    return Estimate(centre, float(low), float(high))


def median(values: Floats) -> Estimate:
    """The median of `values` (n,), by interpolated order statistics.

    Between the d-th smallest and the d-th largest value lies the median of any continuous
    distribution with a known probability; the interval is interpolated between the two d that
    enclose 95 %. Of five values the smallest and the largest have 93.75 %, and are given.

    Source: Hettmansperger and Sheather 1986, Statistics & Probability Letters 4.
    """
    if len(values) < FEWEST:
        return Estimate(float(np.median(values)) if len(values) else np.nan)
    rank, inward = _ranks(len(values))
    ordered = np.sort(values)
    low = ordered[rank - 1] + inward * (ordered[rank] - ordered[rank - 1])
    high = ordered[-rank] - inward * (ordered[-rank] - ordered[-rank - 1])
    return Estimate(float(np.median(values)), float(low), float(high))


@cache
def _ranks(n: int) -> tuple[int, float]:
    """The rank d of the median's wider bound, and how far inward of it the interval ends."""
    rank = max(1, int(stats.binom.ppf(0.025, n, 0.5)))
    wider, narrower = 1 - 2 * stats.binom.cdf([rank - 1, rank], n, 0.5)
    step = max(0.0, (wider - 0.95) / (wider - narrower))
    return rank, float((n - rank) * step / (rank + (n - 2 * rank) * step))


def interquartile_mean(values: Floats) -> Estimate:
    """The mean of the middle half of `values` (n,), by an expanded percentile bootstrap.

    Of n ordered values n // 4 are left out at both ends. Percentiles of the bootstrap are too
    narrow for small n; here they are those that would give Student's interval for a mean.

    Source: Agarwal et al. 2021 (arXiv 2108.13264) for the estimate; Hesterberg 2015, What
    Teachers Should Know About the Bootstrap (arXiv 1411.5279), for the interval.
    """
    if len(values) < FEWEST:
        return Estimate(middle(values[None])[0] if len(values) else np.nan)
    ordered = np.sort(values)  # so that the order of the runs does not matter
    resampled = ordered[generator().integers(len(values), size=(RESAMPLES, len(values)))]
    low, high = np.quantile(middle(resampled), expanded(len(values)))
    return Estimate(float(middle(values[None])[0]), float(low), float(high))


def middle(samples: Floats) -> Floats:
    """The interquartile mean of each row of `samples` (m, n)."""
    cut = samples.shape[1] // 4
    most = samples.shape[1] - cut
    kept = np.partition(samples, (cut, most - 1), axis=1)[:, cut:most]
    return np.asarray(kept.mean(axis=1))


def iqm_difference(first: Floats, second: Floats) -> Estimate:
    """The difference of two interquartile means, by a paired bootstrap.

    Pairs are resampled, so that what a seed does to both `first` (n,) and `second` (n,) cancels.
    The interval is an expanded percentile one, as that of `interquartile_mean`.
    """
    n = len(first)
    if n == 0:
        return Estimate(np.nan)
    difference = float(middle(first[None])[0] - middle(second[None])[0])
    if n < FEWEST:
        return Estimate(difference)
    drawn = generator().integers(n, size=(RESAMPLES, n))
    low, high = np.quantile(middle(first[drawn]) - middle(second[drawn]), expanded(n))
    return Estimate(difference, float(low), float(high))


@cache
def expanded(n: int) -> tuple[float, float]:
    """The two percentiles, as shares, that a bootstrap of n values is read at for 95 %."""
    low = float(stats.norm.cdf(-np.sqrt(n / (n - 1)) * _student(n, 0.95)))
    return low, 1 - low


@cache
def _student(n: int, level: float) -> float:
    """How many standard errors Student's interval of n values goes to each side."""
    return float(stats.t.ppf((1 + level) / 2, n - 1))


def wilson(count: float, n: float) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share `count` / `n` (Wilson 1927).

    Both may be fractions: a tie counts half, and censored observations less than one.
    """
    low, high = proportion_confint(count, n, method="wilson")
    return float(low), float(high)


def prediction_interval(values: Floats, level: float = 0.95) -> tuple[float, float] | None:
    """The interval that one more draw falls into with a probability of at least `level`.

    By order statistics: of n exchangeable values (n,), the next one falls between the r-th
    smallest and the r-th largest with probability (n + 1 - 2 r) / (n + 1), whatever the
    distribution. None where n is too small: 0.95 needs n of at least 39.
    """
    rank = int((1 - level) / 2 * (len(values) + 1) + 1e-9)
    if rank == 0:
        return None
    ordered = np.sort(values)
    return float(ordered[rank - 1]), float(ordered[-rank])


def normal_prediction_interval(values: Floats, level: float = 0.95) -> tuple[float, float]:
    """The same where the distribution is normal: of at least `FEWEST` values (n,), by Student's t.

    For what jitters by many small causes, as the figures of one model over orders.
    """
    centre, spread = float(np.mean(values)), float(np.std(values, ddof=1))
    reach = _student(len(values), level) * spread * float(np.sqrt(1 + 1 / len(values)))
    return centre - reach, centre + reach


def percentile_of(values: Floats, value: float) -> float:
    """The share of `values` (n,) below `value` in percent; of equal ones, half are below."""
    return float(stats.percentileofscore(values, value, kind="mean"))
