"""Estimates with intervals: beside scipy's, by hand, and as often right as the docs say."""

from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, stats
from support import interval_coverage

from analysis.statistics import intervals
from analysis.statistics.intervals import (
    Estimate,
    interquartile_mean,
    mean,
    median,
    percentile_of,
    prediction_interval,
    resampling_error,
    wilson,
)

PUBLISHED = Path(__file__).resolve().parents[3] / "docs" / "statistics.md"
COARSE = 300


def rng():
    return np.random.default_rng(3)


def test_the_mean_of_a_symmetric_sample_has_student_s_interval():
    values = np.array([-3.0, -1.5, -1, 0, 0, 1, 1.5, 3]) + 5
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert mean(values) == pytest.approx((5, expected.low, expected.high))


@pytest.mark.parametrize("n", [5, 10, 30])
def test_the_mean_of_a_skewed_sample_has_the_interval_that_hall_s_polynomial_gives(n):
    values = rng().lognormal(size=n)
    skewness, error = stats.skew(values), stats.sem(values)

    def excess(bound, quantile):
        t = (values.mean() - bound) / error
        bent = t + skewness * (2 * t**2 + 1) / (6 * n**0.5) + skewness**2 * t**3 / (27 * n)
        return bent - stats.t.ppf(quantile, n - 1)

    reach = (values.mean() - 50 * error, values.mean() + 50 * error)
    low, high = (optimize.brentq(excess, *reach, args=(share,)) for share in (0.975, 0.025))
    assert mean(values) == pytest.approx((values.mean(), low, high))
    assert high - values.mean() > values.mean() - low  # a long right tail may hide far values


def test_the_median_of_ten_has_the_interval_of_hettmansperger_and_sheather():
    """By hand: 1002 of 1024 samples enclose it by the 2nd and 9th value, 912 by the 3rd and 8th."""
    step = (1002 / 1024 - 0.95) / (90 / 1024)
    inward = 8 * step / (2 + 6 * step)
    values = np.arange(1.0, 11) ** 2
    low, high = 4 + inward * (9 - 4), 81 - inward * (81 - 64)
    assert median(rng().permutation(values)) == pytest.approx((30.5, low, high))


@pytest.mark.parametrize("n", [6, 9, 17, 30, 101])
def test_the_median_s_interval_lies_between_those_of_scipy_s_quantile_test(n):
    values = rng().normal(size=n)
    wide = stats.quantile_test(values).confidence_interval(0.95)
    found, low, high = median(values)
    assert found == np.median(values)
    assert wide.low <= low < found < high <= wide.high
    rank = np.flatnonzero(np.sort(values) == wide.low)[0]
    assert low < np.sort(values)[rank + 1]
    assert high > np.sort(values)[-rank - 2]


def test_the_interquartile_mean_is_that_of_scipy_and_so_is_its_bootstrap():
    values = rng().lognormal(size=21)
    share = stats.norm.cdf(np.sqrt(21 / 20) * stats.t.ppf(0.025, 20))
    interval = stats.bootstrap(
        (values,), lambda x, axis: stats.trim_mean(x, 0.25, axis=axis), n_resamples=20_000,
        method="percentile", confidence_level=1 - 2 * share, random_state=rng(),
    ).confidence_interval  # fmt: skip
    found = interquartile_mean(values)
    assert found.value == pytest.approx(stats.trim_mean(values, 0.25))
    width = interval.high - interval.low
    assert found[1:] == pytest.approx((interval.low, interval.high), abs=0.05 * width)
    assert interquartile_mean(values) == found


ESTIMATES = [mean, median, interquartile_mean]


@pytest.mark.parametrize("estimate", ESTIMATES)
def test_fewer_than_five_values_are_a_point_without_an_interval(estimate):
    assert np.isnan(estimate(np.array([]))).all()
    for n in range(1, 5):
        value, *bounds = estimate(np.arange(float(n)))
        assert value == (n - 1) / 2
        assert np.isnan(bounds).all()
    value, low, high = estimate(np.arange(5.0))
    assert low < value < high


@pytest.mark.parametrize("estimate", ESTIMATES)
def test_equal_values_leave_no_doubt(estimate):
    assert estimate(np.full(7, 0.1)) == pytest.approx((0.1, 0.1, 0.1))


def test_differences_that_are_equal_but_for_rounding_leave_no_doubt():
    seconds = 0.2 + np.arange(6) / 70
    differences = seconds - (0.3 + 0.2 + np.arange(6) / 70)
    assert np.ptp(differences) > 0
    assert mean(differences) == pytest.approx((-0.3, -0.3, -0.3))


def test_the_order_of_a_sample_does_not_change_a_digit_of_its_interval():
    values = rng().lognormal(size=30)
    assert interquartile_mean(values) == interquartile_mean(rng().permutation(values))


def test_resampling_leaves_the_error_that_is_told(monkeypatch):
    values, ends = rng().normal(size=40), []
    for seed in range(60):
        monkeypatch.setattr(intervals, "SEED", seed)
        ends.append(interquartile_mean(values)[1:])
    low, high = np.mean(ends, axis=0)
    assert np.std(ends, axis=0) == pytest.approx(resampling_error(low, high), rel=0.35)


def test_an_interval_does_not_leave_what_the_value_can_be():
    """Nine models of 0.1 and one of 0.9: Hall's interval of the mean would begin below 0."""
    found = mean(np.array([0.9, *[0.99] * 8, 0.1]))
    assert found.high > 1 or found.low < 0
    bounded = found.within(0, 1)
    assert bounded.value == found.value
    assert (bounded.low, bounded.high) == (max(found.low, 0), min(found.high, 1))
    assert np.isnan(Estimate(0.5).within(0, 1)[1:]).all()


def published():
    """The share that every cell of a table in the docs gives, by the cells that lead to it."""
    shares, columns = {}, None
    for line in PUBLISHED.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            columns = None
        elif columns is None:
            columns = cells
        elif not line.startswith("| ---"):
            names = [cell for cell in cells if not cell[0].isdigit()]
            for column, cell in list(zip(columns, cells, strict=True))[len(names) :]:
                shares[(*names, column)] = float(cell) / 100
    return shares


def within_binomial_bounds(found, share, samples=COARSE, published=interval_coverage.SAMPLES):
    """Whether so many of these samples agree with a published share.

    The published one is itself of a finite number of samples; 1 of 10,000 tests may fail.
    """
    error = np.sqrt(max(share * (1 - share), 1e-3) * (1 / samples + 1 / published))
    return abs(found / samples - share) <= stats.norm.ppf(1 - 0.5e-4) * error


OURS = [
    (population, estimate, name, bounds, n)
    for methods in interval_coverage.METHODS.values()
    for populations, estimate, name, bounds in methods
    if name.startswith("**")
    for population in populations
    for n in (10, 30)
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("population", "estimate", "name", "bounds", "n"),
    OURS,
    ids=[f"{case[1]}-{case[0].name}-{case[-1]}" for case in OURS],
)
def test_our_intervals_cover_as_often_as_published(population, estimate, name, bounds, n):
    found = interval_coverage.hits(population, estimate, bounds, n, COARSE, seed=1_000_000 + n)
    assert within_binomial_bounds(found, published()[estimate, name, f"{population.name}, {n}"])


CROSSED = [
    (population, estimate, name, bounds)
    for methods in interval_coverage.CROSSED_TABLES.values()
    for populations, estimate, name, bounds in methods
    if name.startswith("**")
    for population in populations
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("population", "estimate", "name", "bounds"),
    CROSSED,
    ids=[f"{case[1]}-{case[0].name}" for case in CROSSED],
)
def test_two_way_intervals_cover_as_often_as_published(population, estimate, name, bounds):
    found = interval_coverage.crossed_hits(
        population, estimate, bounds, (10, 10), COARSE // 3, seed=3_000_000
    )
    column = interval_coverage.column(population, (10, 10))
    share = published()[estimate, name, column]
    assert within_binomial_bounds(found, share, COARSE // 3, interval_coverage.CROSSED_SAMPLES)


@pytest.mark.slow
def test_the_published_shares_repeat_digit_by_digit():
    samples = interval_coverage.SAMPLES
    populations, estimate, name, bounds = interval_coverage.METHODS["Over seeds"][0]
    for place, n in enumerate(interval_coverage.SIZES, start=1):
        found = interval_coverage.hits(populations[0], estimate, bounds, n, samples, place)
        share = published()[estimate, name, f"{populations[0].name}, {n}"]
        assert interval_coverage.percent(found / samples) == interval_coverage.percent(share)


@pytest.mark.parametrize("n", [10, 30])
def test_the_other_intervals_cover_as_often_as_published(n):
    shares = published()
    found = interval_coverage.survival_hits(False, n, COARSE, seed=2_000_000 + n)
    assert within_binomial_bounds(found, shares["**Wilson, effective number**", f"n = {n}"])
    for share in (0.1, 0.3, 0.5):
        draws = rng().binomial(n, share, COARSE)
        found = sum(low <= share <= high for low, high in (wilson(count, n) for count in draws))
        assert within_binomial_bounds(found, shares["**Wilson**", f"share {share:g}, {n}"])


@pytest.mark.parametrize(("count", "n"), [(0, 30), (1, 30), (15, 30), (30, 30), (3, 5), (37, 60)])
def test_wilson_s_interval_is_that_of_scipy(count, n):
    interval = stats.binomtest(count, n).proportion_ci(0.95, method="wilson")
    assert wilson(count, n) == pytest.approx((interval.low, interval.high))


def test_a_prediction_interval_needs_39_values_and_then_is_their_range():
    values = np.arange(39.0)
    assert prediction_interval(values[:38]) is None
    assert prediction_interval(values) == (0, 38)
    assert prediction_interval(np.arange(79.0)) == (1, 77)


@pytest.mark.parametrize("n", [39, 60, 100])
def test_a_prediction_interval_holds_the_next_draw_of_a_skewed_distribution(n):
    rng = np.random.default_rng(1)
    draws = rng.exponential(size=(4000, n + 1))
    hits = 0
    for *values, following in draws:
        low, high = prediction_interval(np.array(values))
        hits += low <= following <= high
    exact = (n + 1 - 2 * int(0.025 * (n + 1) + 1e-9)) / (n + 1)
    least, most = stats.binom.interval(0.9999, len(draws), exact)
    assert least <= hits <= most
    assert exact >= 0.95


def test_a_percentile_counts_equal_values_half():
    assert percentile_of(np.array([1.0, 2, 2, 3]), 2) == 50
    assert percentile_of(np.array([1.0, 2, 3, 4]), 0) == 0
