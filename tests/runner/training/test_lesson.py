"""The lesson's functions against NumPy float64."""

import numpy as np
from mxnet import autograd, nd
from support import reference

from runner.training import lesson


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
