"""What a hundred updates make of a last bit: MXNet's float32 beside NumPy's."""

import numpy as np
import pytest
from support.bit_growth import NUMBER, distances

from runner.draws import LINUX, initial_parameters, last_bit_flipped
from runner.training import Column, train

UPDATES = 100


@pytest.mark.parametrize(("lr", "least", "most"), [(1.0, 1e-3, 10), (0.1, 5e-8, 1e-5)])
def test_training_amplifies_the_last_bit_at_learning_rate_1_and_not_at_a_tenth(
    splits, lr, least, most
):
    train_split, test_split = splits
    seen, few = train_split.first(256 * UPDATES), test_split.first(256)
    W, b = initial_parameters(LINUX, 2, 1.0)
    columns = [
        Column(lr / 256, start, b, stop_on_divergence=True)
        for start in (W, last_bit_flipped(W, NUMBER))
    ]
    keys = {"batch_size": 256, "epochs": 1, "order_seed": 2, "loss": "log_softmax"}
    *_, (one, other) = train(seen, few, columns, **keys)
    apart = float(np.abs(one.W - other.W).max())
    images, labels = seen.images.reshape(-1, 784), seen.labels.astype(int)
    found = distances(images, labels, 2, lr, np.float32, (UPDATES,))[UPDATES]
    for distance in (apart, found):
        assert least < distance < most
