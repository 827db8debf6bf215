"""This machine's float32 matrix product, checked before anything is trained with it."""

import numpy as np
from mxnet import nd

from runner.data import CLASSES, PIXELS
from runner.process import InputError

WIDTH = 3 * CLASSES


def check_product() -> None:
    """Compare this machine's float32 products with exact sums; `InputError` where they differ.

    The factors are small whole numbers, so every float32 sum of products is exact whatever
    its order. The forms that an update uses are checked: X W^T, and the steps times X.
    """
    draw = np.random.RandomState(0)
    X = draw.randint(-8, 9, size=(256, PIXELS))
    W = draw.randint(-8, 9, size=(WIDTH, PIXELS))
    step = draw.randint(-8, 9, size=(WIDTH, 256))
    forward = nd.FullyConnected(nd.array(X), nd.array(W), num_hidden=WIDTH, no_bias=True)
    image, weight = nd.array(X).expand_dims(axis=0), nd.array(step).expand_dims(axis=2)
    backward = nd.Convolution(image, weight, kernel=(1,), num_filter=WIDTH, no_bias=True)[0]
    if not (
        np.array_equal(forward.asnumpy(), X @ W.T) and np.array_equal(backward.asnumpy(), step @ X)
    ):
        raise InputError(
            "MXNet's matrix product is wrong on this machine (a small product differs from the "
            "exact sum); unset OPENBLAS_CORETYPE or set it to Haswell, and start again"
        )
