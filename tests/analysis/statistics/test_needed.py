"""How many more seeds or orders: beside mean squares by hand, and put to the test in samples."""

import numpy as np
import pytest
from scipy import stats
from support.crossed import crossed

from analysis.formatting import more
from analysis.statistics import MOST, Needed, needed, two_way
from runner.variance import VarianceSplit, spread_of_runs, spread_of_table


def smallest_mean(table, seeds, orders, level=0.95):
    """The mean that so many seeds and orders find in 80 %, by the mean squares of a table."""
    a, b = table.shape
    centred = table - table.mean()
    rows, columns = centred.mean(axis=1), centred.mean(axis=0)
    left = centred - rows[:, None] - columns
    rest = (left**2).sum() / ((a - 1) * (b - 1))
    of_seed = max(0, (b * (rows**2).sum() / (a - 1) - rest) / b)
    of_order = max(0, (a * (columns**2).sum() / (b - 1) - rest) / a)
    n = seeds * orders
    variance = of_seed / seeds + of_order / orders + rest / n
    uncertain = (rest / n) ** 2 / ((seeds - 1) * (orders - 1))
    if of_seed:
        uncertain += (of_seed / seeds + rest / n) ** 2 / (seeds - 1)
    if of_order:
        uncertain += (of_order / orders + rest / n) ** 2 / (orders - 1)
    degrees = max(1, variance**2 / uncertain)
    quantiles = stats.t.ppf((1 + level) / 2, degrees) + stats.t.ppf(0.8, degrees)
    return quantiles * np.sqrt(variance)


@pytest.mark.parametrize(("mean", "level"), [(0.9, 0.95), (0.6, 0.95), (0.6, 0.99)])
def test_the_cheapest_of_more_seeds_more_orders_and_both_is_found(mean, level):
    values, seeds, orders = crossed(8, 6)
    values += mean - values.mean()
    table = values.reshape(8, 6)
    plans = []
    for along in ((1, 0), (0, 1), (1, 1)):
        for count in range(1, MOST + 1):
            plan = (8 + count * along[0], 6 + count * along[1])
            if smallest_mean(table, *plan, level) <= mean:
                plans.append(plan)
                break
    a, b = min(plans, key=lambda plan: plan[0] * plan[1])
    assert needed(values, seeds, orders, level) == Needed(a - 8, b - 6)


def test_runs_that_share_nothing_or_one_side_need_more_of_their_kind():
    values = 0.3 + np.random.default_rng(1).normal(size=12)
    mean, sd = values.mean(), values.std(ddof=1)
    expected = next(
        n
        for n in range(13, 1000)
        if stats.t.ppf([0.975, 0.8], n - 1).sum() * sd / np.sqrt(n) <= abs(mean)
    )
    seeds, one = np.arange(12), np.ones(12, int)
    assert needed(values, seeds, seeds) == Needed(expected - 12, expected - 12, paired=True)
    assert needed(values, seeds, one) == Needed(expected - 12, 0)
    assert needed(values, one, seeds) == Needed(0, expected - 12)


def test_a_difference_near_zero_has_no_number_and_equal_or_few_values_say_nothing():
    values, seeds = np.array([1.0, -1, 1, -1, 1, -1.0001]), np.arange(6)
    assert needed(values, seeds, seeds) == Needed()
    assert more(Needed()) == "more than 1,000 more seeds or orders"
    assert needed(np.full(6, 0.1), seeds, seeds) is None
    assert needed(values[:4], seeds[:4], seeds[:4]) is None


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (Needed(1, 0), "1 more seed"),
        (Needed(0, 7), "7 more orders"),
        (Needed(3, 3), "3 more seeds and 3 more orders"),
        (Needed(1, 1, paired=True), "1 more seed in an order of its own"),
        (Needed(4, 4, paired=True), "4 more seeds in orders of their own"),
    ],
)
def test_what_is_needed_in_words(plan, said):
    assert more(plan) == said


def test_so_many_seeds_and_orders_settle_four_of_five_samples():
    """Tables with the assumed mean and variances: how often does the interval exclude 0?"""
    rng = np.random.default_rng(2)
    split = VarianceSplit(1, 1, 1, seed=1.0, order_seed=0.25, rest=0.25)
    a, b = 12, 8
    mean = spread_of_table(split, a, b).detected()
    seeds, orders = (labels.ravel() for labels in np.indices((a, b)))
    found = 0
    for _ in range(400):
        table = rng.normal(size=(a, 1)) + 0.5 * rng.normal(size=b) + 0.5 * rng.normal(size=(a, b))
        found += two_way.mean((mean + table).ravel(), seeds, orders).low > 0
    assert 0.73 < found / 400 < 0.87  # 0.8 give or take 3.5 standard errors


def test_the_expected_reach_is_that_of_samples():
    """Of a table and of independent runs: the mean reach in samples beside what was expected."""
    rng = np.random.default_rng(3)
    split = VarianceSplit(1, 1, 1, seed=1.0, order_seed=0.25, rest=0.25)
    seeds, orders = (labels.ravel() for labels in np.indices((10, 8)))
    reaches = []
    for _ in range(200):
        table = rng.normal(size=(10, 1)) + 0.5 * rng.normal(size=8) + 0.5 * rng.normal(size=(10, 8))
        found = two_way.mean(table.ravel(), seeds, orders)
        reaches.append((found.high - found.low) / 2)
    assert np.mean(reaches) == pytest.approx(spread_of_table(split, 10, 8).reach(), rel=0.08)
    samples = rng.normal(size=(2000, 15))
    known = stats.t.ppf(0.975, 14) * samples.std(axis=1, ddof=1).mean() / np.sqrt(15)
    assert known == pytest.approx(spread_of_runs(1.0, 15).reach(), rel=0.03)
