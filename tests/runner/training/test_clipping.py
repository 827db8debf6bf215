"""Clipped gradients: against NumPy float64 and the lesson's own under autograd."""

import numpy as np
import pytest
from mxnet import autograd, nd
from support import reference
from support.columns import OVERFLOWING, drawn

from runner.losses import LOSSES
from runner.training.batches import take
from runner.training.clipping import clip_gradients
from runner.training.stack_update import blocks_of, parameters_of, updates
from runner.training.trainer import Column, train


def moved(loss, parameters, X, y, step_sizes, limits, batch_size):
    """The stack's parameters after an update on each batch."""
    rows = nd.arange(len(y), dtype="int32").reshape((-1, batch_size))
    blocks = blocks_of(parameters, step_sizes, limits)
    batches = take(X, rows, y.reshape(rows.shape))
    return parameters_of([updates(loss, one, batches)[0] for one in blocks])


def a_batch(count, width):
    """Images, labels, and the parameters of `width` columns whose gradients differ in length."""
    draw = np.random.RandomState(width)
    X, y = draw.rand(count, 784).astype("float32"), draw.randint(0, 10, count)
    parameters = [
        ((draw.randn(784, 10) * scale).astype("float32"), draw.randn(10).astype("float32"))
        for scale in np.geomspace(0.001, 0.1, width)
    ]
    return X, y, parameters


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("width", [1, 3, 10, 23])
def test_each_column_is_clipped_by_its_own_norm_as_numpy_does_it(loss, width):
    X, y, parameters = a_batch(50, width)
    steps = np.linspace(0.001, 0.01, width)
    exact = [
        reference.gradients(X.astype(float), y, W.astype(float), b.astype(float))
        for W, b in parameters
    ]
    norms = np.array([np.hypot(np.linalg.norm(W), np.linalg.norm(b)) / 50 for W, b in exact])
    limits = norms * np.where(np.arange(width) % 2, 1.5, 0.25)  # every other one is short enough
    after = moved(loss, parameters, nd.array(X), nd.array(y), steps, limits, 50)
    for place, (W, b) in enumerate(parameters):
        by_W, by_b = reference.clipped(*exact[place], 50, limits[place])
        np.testing.assert_allclose(after[place][0], W - steps[place] * by_W, atol=1e-5)
        np.testing.assert_allclose(after[place][1], b - steps[place] * by_b, atol=1e-5)


def test_a_clipped_column_has_the_bits_of_the_run_alone_however_many_updates_a_graph_makes():
    X, y, parameters = a_batch(96, 23)
    X, y, limits = nd.array(X), nd.array(y), np.geomspace(0.1, 10, 23)
    together = moved("log_softmax", parameters, X, y, [0.01] * 23, limits, 32)
    for place, one in enumerate(parameters):
        alone = [one]
        for start in range(0, 96, 32):
            batch = slice(start, start + 32)
            alone = moved("log_softmax", alone, X[batch], y[batch], [0.01], limits[[place]], 32)
        for ours, theirs in zip(together[place], alone[0], strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("shift", [-90, -30, 0, 30, 60])
@pytest.mark.parametrize(
    ("dtype", "reach", "precision"), [("float32", 1, 1e-5), ("float64", 8, 1e-12)]
)
def test_clipping_saves_no_gradient_that_is_not_finite(loss, shift, dtype, reach, precision):
    """Each class's logit is a bias; the lesson's gradients are clipped by NumPy, in float64."""
    draw = np.random.RandomState(0)
    scales = np.repeat([1, 20, 30, 45], 50)
    logit = (reach * (draw.randn(len(scales), 10) * scales[:, None] + shift)).astype(dtype)
    width = len(logit)
    nothing = [(np.zeros((784, 10), dtype), b) for b in logit]
    y = nd.array([4])
    after = moved(loss, nothing, nd.zeros((1, 784)), y, [1.0] * width, [0.5] * width, 1)
    b, labels = nd.array(logit, dtype=dtype), nd.full(width, 4, dtype=dtype)
    b.attach_grad()
    with autograd.record():
        losses = LOSSES[loss].cross_entropy(nd, LOSSES[loss].scores(nd, b), labels)
    losses.backward()
    gradients = b.grad.asnumpy().astype(float)
    sound = np.isfinite(gradients).all(axis=1)
    ours = np.array([b_after for _, b_after in after])
    np.testing.assert_array_equal(np.isfinite(ours).all(axis=1), sound)
    for place in np.flatnonzero(sound):
        _, by_b = reference.clipped(np.zeros(1), gradients[place], 1, 0.5)
        expected = logit[place] - by_b
        np.testing.assert_allclose(ours[place], expected, rtol=precision, atol=precision)
    if loss in OVERFLOWING and shift == 60:
        assert not sound.all()


@pytest.mark.parametrize("broken", [0, np.nan, np.inf, -np.inf])
def test_the_post_mortem_clips_the_lesson_s_gradients_alike(broken):
    """The sum over ten examples has the norm 5, their mean 0.5."""
    W, b = nd.zeros((3, 2)), nd.zeros(2)
    for param in (W, b):
        param.attach_grad()
    W.grad[:] = nd.array([[3, 0], [0, broken], [0, 0]])
    b.grad[:] = nd.array([0, 4])
    clip_gradients((W, b), 0.25, 10)
    if broken == 0:
        np.testing.assert_allclose(W.grad.asnumpy(), [[1.5, 0], [0, 0], [0, 0]], rtol=1e-5)
        np.testing.assert_allclose(b.grad.asnumpy(), [0, 2], rtol=1e-5)
    else:
        assert np.isnan(W.grad.asnumpy()[1, 1])


def test_a_run_that_is_clipped_dies_at_the_update_at_which_its_gradient_breaks(small_splits):
    """The first batch of this seed and order breaks the gradient, whatever its norm may be."""
    keys = {"batch_size": 256, "epochs": 1, "order_seed": 2, "loss": "pick_log"}
    free = drawn(1 / 256, 2, 3.0)
    clipped = Column(free.step_size, free.W, free.b, True, clip_gradient=1.0)
    fates = [list(train(*small_splits, [one], **keys))[-1][0] for one in (free, clipped)]
    assert [one.diverged_update for one in fates] == [0, 0]
