"""This machine's matrix product is checked before anything is trained with it."""

import pytest
from mxnet import nd
from support.columns import drawn

from runner.process.errors import InputError
from runner.training.trainer import train


def test_a_wrong_matrix_product_is_refused_before_the_first_update(small_splits, monkeypatch):
    def slightly_wrong(*arguments, **options):
        product = fully_connected(*arguments, **options)
        product[0, 0] += 1
        return product

    fully_connected = nd.FullyConnected
    column = drawn(0.1 / 256, seed=2)
    monkeypatch.setattr(nd, "FullyConnected", slightly_wrong)
    with pytest.raises(InputError, match="product is wrong on this machine"):
        next(
            train(*small_splits, [column], batch_size=256, epochs=1, order_seed=2, loss="pick_log")
        )
