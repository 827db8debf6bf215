"""Checks this machine's matrix products before anything trains."""

from functools import cache

import numpy as np
from mxnet import nd

from runner.process import InputError
from runner.records import Floats

COLUMNS, EXAMPLES, PIXELS = 30, 256, 784
"""The sizes of the product that is checked: three of the lesson's models on one batch."""

BLOCK = 10
"""The most configurations in one product: 100 columns for 10 classes."""

TRIED_SIZES = (32, 256, 2000)
"""Batch sizes of the products tried: small, default and large."""


def check_product(dtype: str) -> None:
    """Compare this machine's products in `dtype` with exact sums; `InputError` if they differ.

    The factors are small whole numbers, so every sum of products is exact in any order.
    Both products of an update are checked: X W^T, and the steps times X.
    """
    draw = np.random.RandomState(0)
    X = draw.randint(-8, 9, size=(EXAMPLES, PIXELS))
    W = draw.randint(-8, 9, size=(COLUMNS, PIXELS))
    step = draw.randint(-8, 9, size=(COLUMNS, EXAMPLES))
    forward, backward = _products(*(nd.array(one, dtype=dtype) for one in (X, W, step)))
    if not (np.array_equal(forward, W @ X.T) and np.array_equal(backward, step @ X)):
        raise InputError(
            "MXNet's matrix product is wrong on this machine (a small product differs from the "
            "exact sum); unset OPENBLAS_CORETYPE, and start again"
        )


@cache
def widths_that_sum_alike(pixels: int, classes: int, dtype: str) -> frozenset[int]:
    """The numbers of configurations that a product may hold without changing a bit of any of them.

    Matrix libraries cut a product's columns into pieces and sum smaller pieces in another order.
    Which widths are affected depends on the processor: 4 and 8 on one with AVX-512, all but 1, 3
    and 6 on one with AVX2. So every width is tried on copies of one configuration of this many
    pixels and classes, for small and large batches. 1 always qualifies.
    """
    draw = np.random.RandomState(0)
    alike = set(range(1, BLOCK + 1))
    for examples in TRIED_SIZES:
        X = nd.array(draw.random_sample((examples, pixels)), dtype=dtype)
        W, step = draw.randn(classes, pixels), draw.randn(classes, examples)
        alone = _products(X, *(nd.array(one, dtype=dtype) for one in (W, step)))
        for width in sorted(alike):
            copies = (nd.array(np.tile(one, (width, 1)), dtype=dtype) for one in (W, step))
            together = _products(X, *copies)
            expected = (np.tile(one, (width, 1)) for one in alone)
            if not all(map(np.array_equal, together, expected)):
                alike.remove(width)
    return frozenset(alike)


def _products(X: nd.NDArray, W: nd.NDArray, step: nd.NDArray) -> tuple[Floats, Floats]:
    """The two products of an update, column by column: W X^T (10 k, n) and step X (10 k, 784)."""
    columns = W.shape[0]
    forward = nd.FullyConnected(X, W, num_hidden=columns, no_bias=True, flatten=False)
    image, weight = X.expand_dims(axis=0), step.expand_dims(axis=2)
    backward = nd.Convolution(image, weight, kernel=(1,), num_filter=columns, no_bias=True)[0]
    return forward.asnumpy().T, backward.asnumpy()
