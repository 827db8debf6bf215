"""The variance by seed and order: beside statsmodels' analysis of variance, and in simulations."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from analysis.reading.runs import PARAMS
from analysis.statistics.variance import variance_by_seeds
from runner.variance import split_variance


def crossed(rng, seeds, orders, spreads=(1.0, 0.5, 0.3)):
    """Values of a full table, of a seed's effect, an order's and the rest, with their labels."""
    table = (
        rng.normal(size=(seeds, 1)) * spreads[0]
        + rng.normal(size=(1, orders)) * spreads[1]
        + rng.normal(size=(seeds, orders)) * spreads[2]
    )
    labels = np.indices(table.shape)
    return table.ravel(), labels[0].ravel() + 1, labels[1].ravel() + 11


def anova(values, seeds, orders):
    frame = pd.DataFrame({"y": values, "seed": seeds, "order": orders})
    return anova_lm(ols("y ~ C(seed) + C(order)", frame).fit(), typ=2)


def test_a_full_table_has_the_components_of_the_analysis_of_variance():
    values, seeds, orders = crossed(np.random.default_rng(1), 4, 6)
    split = split_variance(values, seeds, orders)
    theirs = anova(values, seeds, orders)
    squares = theirs["sum_sq"] / theirs["df"]
    rest = squares["Residual"]
    assert split.rest == pytest.approx(rest)
    assert split.seed == pytest.approx((squares["C(seed)"] - rest) / 6)
    assert split.order_seed == pytest.approx((squares["C(order)"] - rest) / 4)
    assert (split.runs, split.seeds, split.orders) == (24, 4, 6)
    assert sum(split.shares) == pytest.approx(1)


def test_a_table_with_holes_has_the_sums_of_squares_of_statsmodels():
    rng = np.random.default_rng(2)
    values, seeds, orders = crossed(rng, 5, 5)
    kept = rng.permutation(25)[:17]
    values, seeds, orders = values[kept], seeds[kept], orders[kept]
    split = split_variance(values, seeds, orders)
    theirs = anova(values, seeds, orders)
    assert split.rest == pytest.approx(theirs["sum_sq"]["Residual"] / theirs["df"]["Residual"])
    for name, mine in (("seed", split.seed), ("order", split.order_seed)):
        # Expected: component x trace(Z' M Z) + rest x df, M projecting on what the other leaves.
        labels, other = (seeds, orders) if name == "seed" else (orders, seeds)
        Z = (labels[:, None] == np.unique(labels)) * 1.0
        of_other = (other[:, None] == np.unique(other)) * 1.0
        left = Z - of_other @ np.linalg.pinv(of_other) @ Z
        degrees = theirs["df"][f"C({name})"]
        gained = mine * np.trace(Z.T @ left) + split.rest * degrees
        assert theirs["sum_sq"][f"C({name})"] == pytest.approx(gained)


@pytest.mark.slow
def test_the_components_are_right_on_average_where_two_seeds_have_most_orders():
    """As the preset `counterfactuals`: thirty seeds in one order, two of them in twenty."""
    rng = np.random.default_rng(3)
    _, seeds, orders = crossed(rng, 30, 20)
    kept = (orders == 11) | (seeds <= 2)
    found = []
    for _ in range(400):
        values, *_ = crossed(rng, 30, 20)
        split = split_variance(values[kept], seeds[kept], orders[kept])
        found.append([split.seed, split.order_seed, split.rest])
    errors = stats.sem(found)
    assert (np.abs(np.mean(found, axis=0) - [1, 0.25, 0.09]) < 4 * errors).all()
    assert (errors < [0.05, 0.02, 0.005]).all()


def test_shares_of_estimates_below_zero_are_zero():
    values = np.array([1.0, 2, 2, 1])  # seeds and orders have equal means
    split = split_variance(values, np.array([1, 1, 2, 2]), np.array([1, 2, 1, 2]))
    assert (split.seed, split.order_seed) == (pytest.approx(-0.5), pytest.approx(-0.5))
    assert split.shares == (0, 0, 1)


@pytest.mark.parametrize(
    ("seeds", "orders"), [([1, 2, 3], [1, 1, 1]), ([1, 2, 3], [1, 2, 3]), ([1, 1, 2], [1, 2, 1])]
)
def test_seeds_and_orders_that_do_not_cross_cannot_be_told_apart(seeds, orders):
    assert split_variance(np.array([1.0, 2, 4]), np.array(seeds), np.array(orders)) is None


def test_each_configuration_is_split_over_its_survivors():
    rng = np.random.default_rng(4)
    values, seeds, orders = crossed(rng, 3, 4)
    runs = pd.DataFrame({key: [1] * 24 for key in PARAMS}).assign(outcome="trained")
    runs["lr"], runs["test_acc"] = np.repeat([0.1, 1.0], 12), np.tile(values, 2)
    runs["seed"], runs["order_seed"] = np.tile(seeds, 2), np.tile(orders, 2)
    runs.loc[runs["lr"] == 1, "outcome"] = "diverged"
    (row,) = variance_by_seeds(runs, "test_acc").to_dict("records")
    split = split_variance(values, seeds, orders)
    assert (row["lr"], row["runs"], row["seeds"], row["orders"]) == (0.1, 12, 3, 4)
    assert (row["seed"], row["order_seed"], row["rest"]) == (
        split.seed, split.order_seed, split.rest,
    )  # fmt: skip
    assert row["seed_share"] == split.shares[0]
