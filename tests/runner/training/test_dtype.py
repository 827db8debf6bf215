"""Training in float64: NumPy's figures, the lesson's deaths, each column's own bits."""

import numpy as np
import pytest
from mxnet import autograd, nd
from support import reference
from support.columns import OVERFLOWING, drawn

from runner.losses import LOSSES
from runner.training import initial_parameters, lesson
from runner.training.product import widths_that_sum_alike
from runner.training.stack_update import blocks_of
from runner.training.trainer import Column, train

SHARED = {"batch_size": 256, "epochs": 2, "order_seed": 9}


def test_the_initial_parameters_are_those_of_float32():
    for rounding in (0, 4061):
        single = initial_parameters("mxnet", 3, 0.7, rounding)
        double = initial_parameters("mxnet", 3, 0.7, rounding, dtype="float64")
        for one, other in zip(single, double, strict=True):
            assert (one.dtype, other.dtype) == (np.float32, np.float64)
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("clip_gradient", [np.inf, 1.0])
def test_every_figure_is_numpy_s_to_the_last_digits(small_splits, loss, clip_gradient):
    """The exact loss but for `log_eps`, whose 1e-10 beside p is another loss."""
    train_split, test_split = small_splits
    W, b = initial_parameters("mxnet", 5, 0.1, dtype="float64")
    column = Column(0.1 / 256, W, b, True, clip_gradient)
    records = [record for (record,) in train(*small_splits, [column], **SHARED, loss=loss)]
    expected = reference.train(
        train_split,
        test_split,
        *(W, b),
        step_size=0.1 / 256,
        clip_gradient=clip_gradient if np.isfinite(clip_gradient) else None,
        **SHARED,
    )
    for record, figures in zip(records[1:], expected, strict=True):
        assert (record.W.dtype, record.b.dtype) == (np.float64, np.float64)
        for name, value in figures.items():
            precision = 1e-8 if loss == "log_eps" else 1e-12
            assert record.metrics[name] == pytest.approx(value, rel=precision), name


@pytest.mark.parametrize("loss", LOSSES)
def test_every_column_of_a_stack_has_the_bits_of_the_run_alone(small_splits, loss):
    columns = [drawn(lr / 256, seed, dtype="float64") for lr in (1, 0.1) for seed in range(6)]
    *_, together = train(*small_splits, columns, **SHARED, loss=loss)
    for place in (0, 5, 6, 11):
        *_, (alone,) = train(*small_splits, [columns[place]], **SHARED, loss=loss)
        assert together[place].metrics == alone.metrics
        np.testing.assert_array_equal(together[place].W, alone.W)
        np.testing.assert_array_equal(together[place].b, alone.b)


def test_a_stack_is_cut_into_blocks_whose_products_sum_in_one_order():
    one = (np.zeros((784, 10)), np.zeros(10))
    blocks = blocks_of([one] * 13, [0.1] * 13)
    widths = [block.step_sizes.shape[1] for block in blocks]
    assert sum(widths) == 13
    assert set(widths) <= widths_that_sum_alike(784, 10, "float64")
    assert all(array.dtype == np.float64 for block in blocks for array in block[:3])


@pytest.mark.parametrize("loss", LOSSES)
def test_a_run_dies_at_the_update_at_which_the_lesson_s_dies(splits, loss):
    """At 10 and 40 times the article's largest rate; the lesson's is taken from autograd."""
    count, order_seed = 10 * 256, 2
    train_split, test_split = splits[0].first(count), splits[1].first(100)
    rates = (10, 40, 1)
    columns = [drawn(lr / 256, order_seed, dtype="float64") for lr in rates]
    shared = {"batch_size": 256, "epochs": 1, "order_seed": order_seed, "loss": loss}
    *_, records = train(train_split, test_split, columns, **shared)
    order = np.random.RandomState(order_seed).permutation(count).reshape(-1, 256)
    X, y = (nd.array(array, dtype="float64") for array in (train_split.images, train_split.labels))
    for lr, record in zip(rates, records, strict=True):
        W, b = (
            nd.array(array, dtype="float64")
            for array in initial_parameters("mxnet", order_seed, 1.0, dtype="float64")
        )
        theirs = None
        for update, rows in enumerate(order):
            for param in (W, b):
                param.attach_grad()
            with autograd.record():
                form, rows = LOSSES[loss], nd.array(rows)
                scores = form.scores(nd, lesson.linear(nd.take(X, rows), W, b))
                losses = form.cross_entropy(nd, scores, nd.take(y, rows))
            losses.backward()
            lesson.sgd((W, b), lr / 256)
            if not np.isfinite(losses.asnumpy()).all():
                theirs = update
                break
            if not all(np.isfinite(param.asnumpy()).all() for param in (W, b)):
                theirs = update + 1
                break
        assert record.diverged_update == theirs, lr
    assert records[2].diverged_update is None
    if loss in ("pick_log", "log_pick", "max_pick_log"):
        assert records[0].diverged_update is not None
    elif loss in OVERFLOWING:
        assert records[1].diverged_update is not None
