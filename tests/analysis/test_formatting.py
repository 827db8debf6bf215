"""Numbers as people read them: no digit that was not settled."""

import numpy as np
import pytest

from analysis.formatting import design, interval, settled_digits, value_range
from analysis.statistics import intervals


def test_the_ends_of_a_drawn_interval_have_no_more_digits_than_are_settled():
    row = {"x_iqm": 0.71234, "x_iqm_low": 0.69, "x_iqm_high": 0.73456}
    assert interval(row, "x_iqm") == "0.7123 (0.69 to 0.73)"
    exact = {name.replace("iqm", "median"): value for name, value in row.items()}
    assert interval(exact, "x_median") == "0.7123 (0.6900 to 0.7346)"


@pytest.mark.parametrize(
    ("width", "digits"), [(0, 4), (0.001, 4), (0.01, 3), (0.04, 2), (0.4, 1), (40, 0)]
)
def test_settled_digits_follow_the_width(width, digits):
    assert settled_digits(0.0, width, 4) == digits


@pytest.mark.parametrize("runs", [5, 6, 10, 30])
@pytest.mark.parametrize("draw", ["normal", "lognormal"])
def test_other_resamples_change_the_last_printed_digit_by_one_at_most(monkeypatch, draw, runs):
    values = 0.5 + 0.02 * getattr(np.random.default_rng(8), draw)(size=runs)
    printed = []
    for seed in range(30):
        monkeypatch.setattr(intervals, "SEED", seed)
        _, low, high = intervals.interquartile_mean(values)
        digits = settled_digits(low, high, 4)
        printed.append([round(end * 10**digits) for end in (low, high)])
    assert (np.ptp(printed, axis=0) <= 1).all()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([3, 1, 2], "1 to 3"),
        ([1, 2], "1, 2"),
        ([0, 1, 2**31 - 1], "0, 1, 2147483647"),  # and no list of all between
        ([0.1, 0.01], "0.01, 0.1"),
        (range(0, 20, 2), "10 values from 0 to 18"),
    ],
)
def test_values_in_a_row_are_a_range(values, words):
    assert value_range(values) == words


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("crossed", "10 seeds x 6 orders"),
        ("one order", "10 seeds, one order"),
        ("one seed", "one seed, 6 orders"),
    ],
)
def test_how_runs_share_their_seeds_is_said_in_words(kind, words):
    assert design({"design": kind, "seeds": 10, "orders": 6}) == words
    assert design({"design": "independent", "seeds": 75, "orders": 75}) == "75 of each"
