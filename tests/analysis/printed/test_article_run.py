"""The printed losses beside those of the article's own parameters, by hand-made runs."""

import numpy as np
import pytest
from support.own_run import PRINTED, own_runs

from analysis.printed import own_run
from runner.data import FASHION_MNIST, FASHION_MNIST_2017_08_26


def test_the_printed_losses_are_put_beside_every_order_and_every_other_seed():
    found = own_run(*own_runs(8, others=[0.03, -0.08]))
    band = found.band
    np.testing.assert_array_equal(band.printed, PRINTED)
    assert (band.losses.shape, band.others.shape) == ((8, 5), (2, 5))
    assert band.distances(band.others) == pytest.approx([0.03, 0.08])
    first = band.losses[:, 0]
    expected = (PRINTED[0] - np.mean(first)) / np.std(first, ddof=1)
    assert band.deviations[0] == pytest.approx(expected)
    assert band.as_far == 0  # three times the jitter away


def test_a_printed_row_amid_the_orders_is_as_far_as_some_of_them():
    assert own_run(*own_runs(8, away=0.0)).band.as_far > 0


def test_deaths_are_counted_by_seed_and_learning_rate():
    found = own_run(*own_runs(8))
    warned, own = found.died(1, 0.01), found.died(2, 0.1)
    assert (warned.died, warned.orders, warned.at_once) == (10, 10, True)
    assert (own.died, own.orders, own.at_once, own.updates) == (2, 10, False, (10, 10))
    assert own.low < 0.2 < own.high
    assert found.died(3, 0.1) is None


def test_too_few_survivors_give_no_band_and_other_draws_no_own_run():
    runs, epochs = own_runs(4)
    assert own_run(runs, epochs).band is None
    assert own_run(runs.assign(draws="mxnet"), epochs) is None


def test_runs_on_the_article_s_upload_come_before_those_on_the_official_files():
    runs, epochs = own_runs(8)
    assert own_run(runs, epochs).data is FASHION_MNIST
    runs.loc[runs["lr"] == 1, "data.name"] = FASHION_MNIST_2017_08_26.name
    found = own_run(runs, epochs)
    assert found.data is FASHION_MNIST_2017_08_26
    assert {one.lr for one in found.deaths} == {1.0}
