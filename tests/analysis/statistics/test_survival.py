"""Updates until divergence: Kaplan-Meier curves beside a textbook's and scipy's."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.statistics.intervals import wilson
from analysis.statistics.survival import kaplan_meier, updates_reached


def test_the_curve_of_the_textbook_s_leukaemia_patients():
    """Remission under 6-MP (Freireich et al. 1963), in every textbook of survival analysis."""
    weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    relapsed = np.isin(np.arange(21), [0, 1, 2, 4, 6, 9, 10, 14, 15])
    curve = kaplan_meier(np.array(weeks, float), relapsed)
    assert list(curve["update"]) == [0, 6, 7, 10, 13, 16, 22, 23, 35]
    printed = [1, 0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482, 0.4482]
    assert list(curve["surviving"]) == pytest.approx(printed, abs=5e-5)


def test_the_curve_is_scipy_s_and_the_interval_rothman_s():
    rng = np.random.default_rng(5)
    lifetimes, ends = rng.integers(0, 50, 40), rng.integers(10, 60, 40)
    updates, diverged = np.minimum(lifetimes, ends).astype(float), lifetimes <= ends
    curve = kaplan_meier(updates, diverged).iloc[1:]
    theirs = stats.ecdf(stats.CensoredData.right_censored(updates, ~diverged)).sf
    assert list(curve["surviving"]) == pytest.approx(list(theirs.evaluate(curve["update"])))
    row = curve.iloc[len(curve) // 2]  # Greenwood's variance by hand
    share, variance = row["surviving"], 0.0
    for update in np.unique(updates[diverged & (updates <= row["update"])]):
        at_risk, lost = (updates >= update).sum(), (diverged & (updates == update)).sum()
        variance += lost / (at_risk * (at_risk - lost))
    size = share * (1 - share) / (share**2 * variance)
    assert (row["low"], row["high"]) == pytest.approx(wilson(share * size, size))


def test_where_all_runs_are_equally_long_the_curve_ends_at_the_share_of_survivors():
    updates = np.array([0.0, 0, 3, 10, 10, 10, 10])
    diverged = np.array([True, True, True, True, False, False, False])  # one by its last update
    curve = kaplan_meier(updates, diverged)
    assert list(curve["update"]) == [0, 0, 3, 10]
    assert list(curve["surviving"]) == pytest.approx([1, 5 / 7, 4 / 7, 3 / 7])
    assert list(curve.iloc[-1][["low", "high"]]) == pytest.approx(wilson(3, 7))


def test_a_curve_in_which_nothing_or_everything_diverges():
    survived = kaplan_meier(np.full(6, 20.0), np.zeros(6, bool))
    assert survived.to_numpy() == pytest.approx(
        np.array([[0, 1, *wilson(6, 6)], [20, 1, *wilson(6, 6)]])
    )
    lost = kaplan_meier(np.array([1.0, 1, 2]), np.ones(3, bool))
    assert list(lost["update"]) == [0, 1, 2]
    assert lost["surviving"].iloc[-1] == 0
    assert list(lost.iloc[-1][["low", "high"]]) == pytest.approx(wilson(0, 3))


def test_runs_that_finish_reach_the_updates_of_all_their_epochs():
    runs = pd.DataFrame({"outcome": ["trained", "diverged"], "diverged_update": [np.nan, 7]})
    runs = runs.assign(**{"data.train_limit": 1000}, batch_size=256, epochs=5)
    assert list(updates_reached(runs)) == [20, 7]  # the fourth batch is small
