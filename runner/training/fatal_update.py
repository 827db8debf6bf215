"""Redoes one update step by step and finds the first quantity that is not finite."""

import math
from collections.abc import Iterator

import numpy as np
from mxnet import autograd, nd

from runner.losses import LOSSES, Finding
from runner.records import Floats
from runner.training.clipping import clip_gradients
from runner.training.lesson import linear, sgd

WITHOUT_EXAMPLE = ("gradient by W", "gradient by b", "parameter W", "parameter b")


def first_non_finite(
    X: nd.NDArray,
    y: nd.NDArray,
    logits: nd.NDArray,
    W: Floats,
    b: Floats,
    loss: str,
    step_size: float,
    clip_gradient: float = math.inf,
) -> Finding | None:
    """Make one update on a batch X (n, 784), y (n,) step by step; None if all of it is finite.

    `logits` (n, 10) are the trainer's own, for these images and finite `W` (784, 10), `b` (10,).
    From there on the steps are the lesson's, forward and backward. The updates in `runner.losses`
    have the same factors, so the same one is the first to leave the range.
    """
    parameters = nd.array(W, dtype=W.dtype), nd.array(b, dtype=b.dtype)
    exponentials = LOSSES[loss].exponentials(nd, logits)
    partition_sums = exponentials.sum(axis=1, keepdims=True)
    steps = _steps(X, y, logits, parameters, loss, step_size, clip_gradient)
    values = {name: value.asnumpy() for name, value in steps}
    quantity = next((name for name in values if not np.isfinite(values[name]).all()), None)
    if quantity is None:
        return None
    row = column = None
    if quantity not in WITHOUT_EXAMPLE:
        row, *columns = (int(index) for index in np.argwhere(~np.isfinite(values[quantity]))[0])
        column = columns[0] if values[quantity].shape[1:] == logits.shape[1:] else None
    gradient = np.append(values["gradient by W"], values["gradient by b"]).astype(np.float64)
    return Finding(
        quantity=quantity,
        row=row,
        column=column,
        logits=logits.asnumpy(),
        partition_sums=partition_sums[:, 0].asnumpy(),
        probabilities=(exponentials / partition_sums).asnumpy(),
        gradient_norm=float(np.linalg.norm(gradient)),
    )


def _steps(
    X: nd.NDArray,
    y: nd.NDArray,
    logits: nd.NDArray,
    parameters: tuple[nd.NDArray, nd.NDArray],
    loss: str,
    step: float,
    clip_gradient: float,
) -> Iterator[tuple[str, nd.NDArray]]:
    """The named quantities of one update, in the order of computation."""
    form = LOSSES[loss]
    yield "logit", logits
    yield from form.forward(nd, logits, y)
    scores = form.scores(nd, logits)
    scores.attach_grad()
    with autograd.record():
        losses = form.cross_entropy(nd, scores, y)
    losses.backward()
    yield "loss", losses
    yield f"gradient by {form.output}", scores.grad
    for param in parameters:
        param.attach_grad()
    logits.attach_grad()
    with autograd.record():
        again = form.scores(nd, logits)
    again.backward(scores.grad)
    yield "gradient by logit", logits.grad
    with autograd.record():
        whole = linear(X, *parameters)
    whole.backward(logits.grad)
    for name, param in zip("Wb", parameters, strict=True):
        yield f"gradient by {name}", param.grad
    if math.isfinite(clip_gradient):
        clip_gradients(parameters, clip_gradient, len(y))
    sgd(parameters, step)
    for name, param in zip("Wb", parameters, strict=True):
        yield f"parameter {name}", param
