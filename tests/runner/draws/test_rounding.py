"""The last bit of one weight."""

import numpy as np
import pytest

from runner.draws import MACOS, initial_parameters, last_bit_flipped


@pytest.mark.parametrize(("number", "place"), [(1, (0, 0)), (4061, (406, 0)), (7840, (783, 9))])
def test_one_number_becomes_a_neighbour_of_float32_and_the_others_stay(number, place):
    W, _ = initial_parameters(MACOS, 2, 1.0)
    before = W.copy()
    flipped = last_bit_flipped(W, number)
    np.testing.assert_array_equal(W, before)
    assert [tuple(one) for one in np.argwhere(flipped != W)] == [place]
    neighbours = {np.nextafter(W[place], np.float32(end)) for end in (-9, 9)}
    assert flipped[place] in neighbours
    np.testing.assert_array_equal(last_bit_flipped(flipped, number), W)


def test_0_flips_none():
    W, _ = initial_parameters(MACOS, 2, 1.0)
    assert last_bit_flipped(W, 0) is W
