"""Doomed models, against MXNet's own gradients and by hand."""

import numpy as np
import pytest
from mxnet import autograd, nd

from analysis.sections.counterfactuals.doomed import doomed_examples, doomed_seeds
from runner.losses import LOSSES
from runner.training.lesson import init_parameters, linear


@pytest.mark.parametrize(
    ("seed", "dtype", "sigma"),
    [(1, "float32", 1.0), (2, "float32", 1.0), (4, "float32", 1.0), (4, "float64", 1.0),
     (4, "float64", 20.0)],
)  # fmt: skip
def test_an_example_is_doomed_where_mxnet_s_own_gradient_is_not_finite(splits, seed, dtype, sigma):
    train_split, _ = splits
    X = train_split.images.reshape(-1, 784)
    W, b = (drawn.astype(dtype) for drawn in init_parameters(seed, sigma))
    found = doomed_examples(X, train_split.labels, W.asnumpy(), b.asnumpy())
    for loss, form in LOSSES.items():
        logits = linear(nd.array(X, dtype=dtype), W, b)
        logits.attach_grad()
        with autograd.record():
            scores = form.scores(nd, logits)
            losses = form.cross_entropy(nd, scores, nd.array(train_split.labels, dtype=dtype))
        losses.backward()
        sound = np.isfinite(logits.grad.asnumpy()).all(axis=1) & np.isfinite(losses.asnumpy())
        np.testing.assert_array_equal(found[loss], ~sound)
    survives = seed == 1 or (dtype, sigma) == ("float64", 1.0)  # 1 is frozen under steps of size 0
    assert found["pick_log"].any() != survives


def test_doomed_seeds_counts_examples_for_each_form():
    images = np.eye(2, 784, dtype=np.float32)
    labels = np.array([1, 0], np.float32)
    W = np.zeros((784, 10), np.float32)
    W[0, 0], W[1, 0] = 95.0, 60.0  # image 0 overflows e^X; image 1 has p of e^-60: sound
    b = np.zeros(10, np.float32)
    b[9] = -31.0  # and now its class 9 has a subnormal p, which is not its label
    table = doomed_seeds(images, labels, {7: (W, b)})
    by_hand = {
        **{"pick_log": 2, "log_pick": 1, "log_softmax": 0},
        **{"max_pick_log": 2, "log_eps": 1, "log_clip": 1},
    }
    assert table.loc[7, list(by_hand)].to_dict() == by_hand
