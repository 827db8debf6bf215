"""Softmax regression from scratch, as in the lesson: pure functions on `mx.nd`.

Source: *Dive into Deep Learning* (2017), softmax regression from scratch, and the article of
February 2018 that worked through it. Shapes: n examples, 784 pixels, 10 classes. The loss is the
article's; `runner.losses` has all forms. Data of another size has other numbers of pixels and
classes. The trainer takes softmax and loss from there too, for
many configurations at once: tests hold the two together.
"""

import mxnet as mx
from mxnet import nd

from runner.data import LESSON_SHAPE


def init_parameters(
    seed: int, sigma: float, shape: tuple[int, int] = LESSON_SHAPE
) -> tuple[nd.NDArray, nd.NDArray]:
    """Draw W (784, 10), then b (10,), from N(0, sigma^2) with MXNet's generator.

    `shape` is that of W. `sigma` 0 gives zeros; MXNet's own draw rejects it.
    """
    mx.random.seed(seed)
    if sigma == 0:
        return nd.zeros(shape), nd.zeros(shape[1])
    W = nd.random.normal(scale=sigma, shape=shape)
    b = nd.random.normal(scale=sigma, shape=shape[1:])
    return W, b


def linear(X: nd.NDArray, W: nd.NDArray, b: nd.NDArray) -> nd.NDArray:
    """The logits (n, 10) of images X (n, 784) or (n, 28, 28)."""
    return nd.dot(X.reshape((len(X), -1)), W) + b


def softmax(X: nd.NDArray) -> nd.NDArray:
    """e^X / sum(e^X) over the classes, no maximum subtracted: float32 overflows above 88.7."""
    exp = nd.exp(X)
    return exp / exp.sum(axis=1, keepdims=True)


def net(X: nd.NDArray, W: nd.NDArray, b: nd.NDArray) -> nd.NDArray:
    """The class probabilities (n, 10) of images X: softmax(X W + b)."""
    return softmax(linear(X, W, b))


def cross_entropy(yhat: nd.NDArray, y: nd.NDArray) -> nd.NDArray:
    """-pick(log(yhat), y), (n,): one value per example."""
    return -nd.pick(nd.log(yhat), y)


def accuracy(scores: nd.NDArray, y: nd.NDArray) -> nd.NDArray:
    """1 where the class with the largest score is the label, else 0: one value per example.

    A row with nans predicts the class of its first nan, so an all-nan model predicts class 0.
    """
    return scores.argmax(axis=1) == y


def sgd(parameters: tuple[nd.NDArray, ...], step_size: float) -> None:
    """Move each parameter against its gradient, in place."""
    for param in parameters:
        param[:] = param - step_size * param.grad
