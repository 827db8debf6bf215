"""The lesson's functions against NumPy float64."""

import numpy as np
import pytest
from mxnet import autograd, nd
from support import reference

from runner.losses import LOSSES
from runner.training import lesson


@pytest.fixture
def batch():
    draw = np.random.RandomState(3)
    X = draw.rand(32, 784).astype("float32")
    y = draw.randint(0, 10, 32)
    W = (draw.randn(784, 10) * 0.1).astype("float32")
    b = draw.randn(10).astype("float32")
    return X, y, W, b


def test_softmax_of_a_2_by_5_matrix_has_rows_that_sum_to_1():
    X = nd.random.normal(shape=(2, 5))
    rows = lesson.softmax(X).asnumpy()
    assert (rows > 0).all()
    np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-6)


def test_softmax_overflows_where_the_lesson_s_does():
    assert np.isnan(lesson.softmax(nd.array([[89.0, 0.0]])).asnumpy()[0, 0])
    assert np.isfinite(lesson.softmax(nd.array([[88.0, 0.0]])).asnumpy()).all()


def test_net_gives_the_class_probabilities(batch):
    X, _, W, b = batch
    images = nd.array(X.reshape(-1, 28, 28))
    np.testing.assert_allclose(
        lesson.net(images, nd.array(W), nd.array(b)).asnumpy(),
        reference.probabilities(X.astype(float), W, b),
        rtol=1e-4,
        atol=1e-7,
    )


@pytest.mark.parametrize("name", LOSSES)
def test_every_form_of_the_loss_has_the_reference_s_value_and_gradients(batch, name):
    X, y, W, b = batch
    form = LOSSES[name]
    parameters = nd.array(W), nd.array(b)
    for param in parameters:
        param.attach_grad()
    with autograd.record():
        losses = form.cross_entropy(
            nd, form.scores(nd, lesson.linear(nd.array(X), *parameters)), nd.array(y)
        )
    losses.backward()
    exact = (X.astype(float), y, W.astype(float), b.astype(float))
    np.testing.assert_allclose(losses.asnumpy(), reference.losses(*exact), rtol=1e-5)
    for param, gradient in zip(parameters, reference.gradients(*exact), strict=True):
        np.testing.assert_allclose(param.grad.asnumpy(), gradient, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "finite"), [("pick_log", False), ("log_pick", True), ("log_softmax", True)]
)
def test_only_pick_log_gets_a_nan_gradient_from_a_class_that_is_not_the_label(name, finite):
    # The other class has the subnormal probability e^-95: 1 / p overflows, p does not underflow.
    form = LOSSES[name]
    X = nd.ones((1, 784))
    W = nd.zeros((784, 10))
    b = nd.array([40.0, -55.0] + [0.0] * 8)
    b.attach_grad()
    with autograd.record():
        losses = form.cross_entropy(nd, form.scores(nd, lesson.linear(X, W, b)), nd.array([0]))
    losses.backward()
    assert np.isfinite(losses.asnumpy()).all()
    assert np.isfinite(b.grad.asnumpy()).all() == finite


def test_accuracy_is_one_value_per_example_and_nan_predicts_class_0():
    nan = float("nan")
    scores = nd.array([[0.1, 0.9], [0.9, 0.1], [nan, nan], [nan, nan]])
    hits = lesson.accuracy(scores, nd.array([1, 1, 0, 1])).asnumpy()
    np.testing.assert_array_equal(hits, [1, 0, 1, 0])


def test_sgd_subtracts_step_size_times_gradient_in_place():
    param = nd.array([1.0, 2.0, 3.0])
    param.attach_grad()
    with autograd.record():
        loss = (param * param).sum()
    loss.backward()
    lesson.sgd((param,), 0.25)
    np.testing.assert_allclose(param.asnumpy(), [0.5, 1.0, 1.5])


def test_a_step_of_size_0_does_not_save_a_parameter_from_a_nan_gradient():
    param = nd.array([1.0])
    param.attach_grad()
    param.grad[:] = float("nan")
    lesson.sgd((param,), 0.0)
    assert np.isnan(param.asnumpy()).all()


def test_parameters_are_drawn_w_first_then_b_after_seeding_mxnet():
    import mxnet as mx

    W, b = (values.asnumpy() for values in lesson.init_parameters(7, 1.0))
    mx.random.seed(7)
    np.testing.assert_array_equal(W, mx.random.normal(shape=(784, 10)).asnumpy())
    np.testing.assert_array_equal(b, mx.random.normal(shape=10).asnumpy())
    assert abs(W.std() - 1) < 0.05


def test_sigma_scales_the_draw_and_0_gives_zeros():
    W, _ = lesson.init_parameters(7, 1.0)
    smaller, _ = lesson.init_parameters(7, 0.01)
    np.testing.assert_allclose(smaller.asnumpy(), W.asnumpy() * 0.01, rtol=1e-5)
    assert all((values.asnumpy() == 0).all() for values in lesson.init_parameters(7, 0))


@pytest.mark.parametrize("name", ["pick_log", "log_pick"])
def test_the_naive_forms_have_the_lesson_s_own_probabilities(name):
    logits = nd.random.normal(scale=40, shape=(200, 10))
    theirs = lesson.softmax(logits).asnumpy()
    np.testing.assert_array_equal(LOSSES[name].scores(nd, logits).asnumpy(), theirs)


def test_the_lesson_s_cross_entropy_is_that_of_the_article_s_form():
    yhat = lesson.softmax(nd.random.normal(shape=(50, 10)))
    y = nd.array(np.arange(50) % 10)
    theirs = lesson.cross_entropy(yhat, y).asnumpy()
    np.testing.assert_array_equal(LOSSES["pick_log"].cross_entropy(nd, yhat, y).asnumpy(), theirs)
