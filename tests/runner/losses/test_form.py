"""Every form of the loss against NumPy float64."""

import numpy as np
import pytest
from mxnet import autograd, nd
from support import reference

from runner.losses import LOSSES
from runner.training import lesson


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
    ("name", "finite"),
    [
        *(("pick_log", False), ("max_pick_log", False), ("log_pick", True)),
        *(("log_softmax", True), ("log_eps", True), ("log_clip", True)),
    ],
)
def test_only_pick_after_log_gets_a_nan_gradient_from_a_class_that_is_not_the_label(name, finite):
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


@pytest.mark.parametrize("name", LOSSES)
def test_an_example_is_silent_where_its_label_has_a_hundredth_of_the_exact_gradient(name):
    """Labels of exact probabilities from 1e-6 to 1e-16, twenty to a decade, among ten classes."""
    form = LOSSES[name]
    p = 10 ** -np.arange(6.02, 16, 0.05)
    b = nd.array(
        np.column_stack([np.log(p / (1 - p)), np.zeros(len(p)), np.full((len(p), 8), -80)])
    )
    b.attach_grad()
    with autograd.record():
        losses = form.cross_entropy(nd, form.scores(nd, b), nd.zeros(len(p)))
    losses.backward()
    exact = reference.probabilities(np.eye(len(p)), b.asnumpy().astype(float), 0)[:, 0] - 1
    silent = np.abs(b.grad[:, 0].asnumpy()) < np.abs(exact) / 100
    assert silent.any() == (form.silent_loss is not None)
    if form.silent_loss is not None:
        np.testing.assert_array_equal(losses.asnumpy() >= form.silent_loss, silent)
