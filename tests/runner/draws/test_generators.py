"""MXNet's draws computed in NumPy: Linux's against MXNet, the Mac's against the article."""

import platform

import mxnet as mx
import numpy as np
import pytest

from runner.draws import LINUX, MACOS, Generators, initial_parameters

PRINTED_SOFTMAX = [  # the article's check after seed 2, W and b: softmax of a random (2, 5)
    [0.06774449, 0.5180918, 0.1474141, 0.11459844, 0.1521512],
    [0.23102701, 0.47666225, 0.10536087, 0.09706162, 0.08988826],
]
SHAPES = [(1,), (7,), (64,), (65,), (2, 5), (129,), (10,), (1000,), (784, 10), (20_000,)]
ROUNDING = 2.4e-7
"""The step between two float32 from 2 to 4: one rounding of the largest numbers."""


def both(seed, shapes, scale=1.0):
    """The same draws in a row by MXNet and by NumPy, each as one array."""
    mx.random.seed(seed)
    generators = Generators(LINUX, seed)
    theirs = [mx.random.normal(scale=scale, shape=shape).asnumpy() for shape in shapes]
    ours = [generators.normal(shape, scale) for shape in shapes]
    assert [one.shape for one in ours] == [one.shape for one in theirs]
    return (np.concatenate([one.ravel() for one in found]) for found in (theirs, ours))


on_linux = pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"),
    reason="MXNet draws here with another C++ library or compiler",
)


@on_linux
@pytest.mark.parametrize("seed", [0, 1, 2, 12345, 2**31 - 1])
def test_draws_in_a_row_are_mxnet_s_within_one_rounding_and_nearly_all_to_the_bit(seed):
    theirs, ours = both(seed, [*SHAPES, *reversed(SHAPES)])
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=ROUNDING)
    np.testing.assert_array_max_ulp(ours, theirs, maxulp=2)
    assert (ours == theirs).mean() > 0.99


@on_linux
def test_a_standard_deviation_multiplies_what_is_drawn():
    theirs, ours = both(1, SHAPES, scale=0.01)
    np.testing.assert_array_max_ulp(ours, theirs, maxulp=3)  # the product is rounded too
    assert (ours == theirs).mean() > 0.99


@on_linux
@pytest.mark.parametrize("count", [65_535, 65_536, 65_537, 100_000])
def test_a_draw_of_more_than_64_numbers_a_generator_is_mxnet_s(count):
    theirs, ours = both(3, [(count,), (5,), (count,)])
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=ROUNDING)


def test_a_standard_deviation_of_0_gives_zeros_without_a_sign():
    for values in initial_parameters(MACOS, 2, 0.0):
        assert not values.any()
        assert not np.signbit(values).any()


def test_the_mac_s_draws_give_the_softmax_that_the_article_printed():
    generators = Generators(MACOS, 2)
    W, b = generators.normal((784, 10)), generators.normal((10,))
    X = generators.normal((2, 5)).astype(np.float64)
    softmax = np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)
    # The article's softmax rounded three times: the exponential, the sum, the quotient.
    np.testing.assert_array_max_ulp(np.float32(softmax), np.float32(PRINTED_SOFTMAX), maxulp=2)
    for drawn, again in zip((W, b), initial_parameters(MACOS, 2, 1.0), strict=True):
        np.testing.assert_array_equal(drawn, again)
