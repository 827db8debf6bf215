"""What the tests of several rooms of the runner start from."""

import numpy as np
import pytest


@pytest.fixture
def batch():
    draw = np.random.RandomState(3)
    X = draw.rand(32, 784).astype("float32")
    y = draw.randint(0, 10, 32)
    W = (draw.randn(784, 10) * 0.1).astype("float32")
    b = draw.randn(10).astype("float32")
    return X, y, W, b
