"""One update taken apart."""

import numpy as np
from mxnet import nd

from runner.training.fatal_update import first_non_finite


def test_a_sound_update_has_no_finding():
    W, b = np.zeros((784, 10), np.float32), np.array([1] + [0] * 9, np.float32)
    X, y = nd.ones((1, 784)), nd.array([1])
    assert first_non_finite(X, y, nd.array([b]), W, b, "pick_log", 0.1) is None
