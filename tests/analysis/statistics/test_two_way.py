"""Two-way estimates: beside statsmodels' analysis of variance, by hand, and one-way where due."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from support.crossed import crossed

from analysis.statistics import intervals, two_way


def test_the_variance_of_a_crossed_mean_is_that_of_the_mean_squares():
    values, seeds, orders = crossed()
    frame = pd.DataFrame({"y": values, "s": seeds, "o": orders})
    table = anova_lm(ols("y ~ C(s) + C(o)", frame).fit(), typ=2)
    of_seeds, of_orders, rest = table["sum_sq"] / table["df"]
    variance = (of_seeds + of_orders - rest) / len(values)
    degrees = variance**2 / sum(
        (square / len(values)) ** 2 / n for square, n in ((of_seeds, 7), (of_orders, 5), (rest, 35))
    )
    found = two_way.mean(values, seeds, orders)
    reach = stats.t.ppf(0.975, degrees) * np.sqrt(variance)
    assert found == pytest.approx((values.mean(), values.mean() - reach, values.mean() + reach))


@pytest.mark.parametrize(
    ("seeds", "orders"),
    [(range(9), range(9)), (range(9), [1] * 9), ([1] * 9, range(9))],
)
def test_where_nothing_or_one_side_is_shared_the_one_way_methods_are_used(seeds, orders):
    values = np.random.default_rng(5).lognormal(size=9)
    labels = np.array(list(seeds)), np.array(list(orders))
    for name in ("mean", "median", "interquartile_mean"):
        assert getattr(two_way, name)(values, *labels) == getattr(intervals, name)(values)
    hits = (values > 1).astype(float)
    assert two_way.share(hits, *labels)[1:] == intervals.wilson(hits.sum(), 9)


def test_seeds_that_matter_in_many_orders_are_no_more_than_so_many_seeds():
    """Ten orders that change nothing: the intervals are those of the eight seeds, or wider."""
    values, seeds, orders = crossed(8, 10, (1, 0, 1e-6))
    alone = values[orders == 0]
    for name in ("mean", "median", "interquartile_mean"):
        _, low, high = getattr(two_way, name)(values, seeds, orders)
        as_if_independent = getattr(intervals, name)(values)
        assert high - low > 1.5 * (as_if_independent.high - as_if_independent.low)
    found = two_way.mean(values, seeds, orders)
    expected = stats.ttest_1samp(alone, 0).confidence_interval(0.95)
    assert found[1:] == pytest.approx((expected.low, expected.high), abs=1e-4)
    hits = (values > 0).astype(float)
    low, high = two_way.share(hits, seeds, orders)[1:]
    one_low, one_high = intervals.wilson((alone > 0).sum(), 8)
    assert high - low > one_high - one_low


def test_a_share_of_equal_hits_is_of_the_fewer_of_seeds_and_orders():
    seeds, orders = (labels.ravel() for labels in np.indices((12, 5)))
    for hit in (0, 1):
        hits = np.full(60, float(hit))
        assert two_way.share(hits, seeds, orders)[1:] == intervals.wilson(5 * hit, 5)


def test_the_weighted_middle_is_that_of_the_repeated_values():
    rng = np.random.default_rng(6)
    values, weights = rng.normal(size=15), rng.integers(0, 4, size=(20, 15))
    expected = [stats.trim_mean(np.repeat(values, row), 0.25) for row in weights]
    assert two_way._weighted_middle(values, weights) == pytest.approx(expected)


def test_what_seeds_share_cancels_in_a_difference():
    values, seeds, orders = crossed()
    noise = 0.1 * np.random.default_rng(7).normal(size=len(values))
    found = two_way.iqm_difference(values + 0.3 + noise, values, seeds, orders)
    alone = two_way.interquartile_mean(values, seeds, orders)
    assert found.low < 0.3 < found.high
    assert found.high - found.low < 0.3 * (alone.high - alone.low)


def test_sources_that_cannot_be_told_apart_give_a_point():
    values = np.array([1.0, 2, 3, 4, 5, 6])
    seeds, orders = np.arange(6), np.array([1, 1, 1, 2, 2, 2])
    assert np.isnan(two_way.mean(values, seeds, orders)[1:]).all()
