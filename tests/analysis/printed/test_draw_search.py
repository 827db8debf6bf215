"""The search for the draws of the other rows: what it looks at, and what it expects by chance."""

import itertools

import numpy as np
import pytest
from support.draw_search import Row, draws, printed

from runner.draws import MACOS, Generators, initial_parameters


def test_later_draws_go_on_after_the_check_of_softmax():
    first, second = itertools.islice(draws(MACOS, 2, 2), 2)
    np.testing.assert_array_equal(first.W, initial_parameters(MACOS, 2, 1.0)[0])
    generators = Generators(MACOS, 2)
    for shape in ((784, 10), (10,), (2, 5)):
        generators.normal(shape)
    np.testing.assert_array_equal(second.W, generators.normal((784, 10)))
    np.testing.assert_array_equal(second.b, generators.normal((10,)))


def test_the_chance_of_a_match_is_the_share_of_normal_draws_that_are_near():
    rng = np.random.default_rng(1)
    figures = np.column_stack([np.exp(rng.normal(3, 0.2, 400_000)), rng.normal(0.1, 0.03, 400_000)])
    row = Row(20.0, 0.11, 0.1, (0.03, 0.006, 1.0))
    near = np.mean([row.near(loss, accuracy, 0.1) for loss, accuracy in figures])
    assert row.expected([(*one, 0.1) for one in figures[:2000]]) == pytest.approx(near, rel=0.1)


def test_a_printed_row_has_a_line_for_each_epoch():
    assert printed(0.01)[0] == pytest.approx([10.406917, 0.115165, 0.169629])
    assert printed(1.0).shape == (5, 3)
