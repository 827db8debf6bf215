"""One update taken apart: what was first not finite, and by which mechanism."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from mxnet import autograd, nd

from runner.data import LABELS
from runner.records import Floats
from runner.training.lesson import CLASSES, LOSSES, linear, sgd, softmax

SMALLEST_ROOT = 2.6e-23
"""The square of a smaller float32 is 0."""

OF_NO_EXAMPLE = ("gradient by W", "gradient by b", "parameter W", "parameter b")


@dataclass(frozen=True)
class Finding:
    """The first quantity of a batch that is not finite, in the order of computation.

    `row` and `column` point to the first such value: the example in the batch and the class;
    None for a quantity that belongs to no example or to no class. `logits` (n, 10),
    `partition_sums` (n,) and `probabilities` (n, 10) are those of the lesson's softmax.
    """

    quantity: str
    row: int | None
    column: int | None
    logits: Floats
    partition_sums: Floats
    probabilities: Floats
    gradient_norm: float


def take_apart(
    X: nd.NDArray,
    y: nd.NDArray,
    logits: nd.NDArray,
    W: Floats,
    b: Floats,
    loss: str,
    step_size: float,
) -> Finding | None:
    """Make one update of a batch X (n, 784), y (n,) step by step; what is first not finite.

    `logits` (n, 10) are the trainer's own of these images and of `W` (784, 10) and `b` (10,),
    which are finite. From there on the steps are the lesson's, the backward ones included:
    `columns` has their factors, and so the same first one out of range. None where all are
    finite.
    """
    parameters = nd.array(W), nd.array(b)
    exponentials = nd.exp(logits)
    probabilities = softmax(logits)
    steps = _steps(X, y, logits, parameters, loss, step_size)
    values = {name: value.asnumpy() for name, value in steps}
    quantity = next((name for name in values if not np.isfinite(values[name]).all()), None)
    if quantity is None:
        return None
    row = column = None
    if quantity not in OF_NO_EXAMPLE:
        row, *columns = (int(index) for index in np.argwhere(~np.isfinite(values[quantity]))[0])
        column = columns[0] if values[quantity].shape[1:] == (CLASSES,) else None
    gradient = np.append(values["gradient by W"], values["gradient by b"]).astype(np.float64)
    return Finding(
        quantity=quantity,
        row=row,
        column=column,
        logits=logits.asnumpy(),
        partition_sums=exponentials.sum(axis=1).asnumpy(),
        probabilities=probabilities.asnumpy(),
        gradient_norm=float(np.linalg.norm(gradient)),
    )


def _steps(
    X: nd.NDArray,
    y: nd.NDArray,
    logits: nd.NDArray,
    parameters: tuple[nd.NDArray, nd.NDArray],
    loss: str,
    step: float,
) -> Iterator[tuple[str, nd.NDArray]]:
    """The quantities of one update by name, in the order in which they are computed."""
    form = LOSSES[loss]
    yield "logit", logits
    if loss == "log_softmax":
        scores = nd.log_softmax(logits)
        yield "log", scores
    else:
        exponentials = nd.exp(logits)
        yield "exponential", exponentials
        yield "partition sum", exponentials.sum(axis=1, keepdims=True)
        scores = softmax(logits)
        yield "probability", scores
        yield "log", nd.log(scores if loss == "pick_log" else nd.pick(scores, y))
    scores.attach_grad()
    with autograd.record():
        losses = form.cross_entropy(scores, y)
    losses.backward()
    yield "loss", losses
    if loss != "log_softmax":
        yield "gradient by probability", scores.grad
    for param in parameters:
        param.attach_grad()
    logits.attach_grad()
    with autograd.record():
        again = nd.log_softmax(logits) if loss == "log_softmax" else softmax(logits)
    again.backward(scores.grad)
    yield "gradient by logit", logits.grad
    with autograd.record():
        whole = linear(X, *parameters)
    whole.backward(logits.grad)
    for name, param in zip("Wb", parameters, strict=True):
        yield f"gradient by {name}", param.grad
    sgd(parameters, step)
    for name, param in zip("Wb", parameters, strict=True):
        yield f"parameter {name}", param


def mechanism_of(finding: Finding, row: int, label: int, loss: str) -> tuple[str, int, str]:
    """The cause of a finding in one example, the guilty class, and the mechanism in words."""
    logits, probabilities = finding.logits[row], finding.probabilities[row]
    largest = int(np.argmax(logits))
    if finding.quantity == "logit" or loss == "log_softmax":
        guilty = largest if finding.column is None else finding.column
        return "parameter_overflow", guilty, "the parameters are so large that a logit overflows"
    if finding.quantity in ("exponential", "partition sum"):
        size = f"e^{logits[largest]:.1f}, of class {LABELS[largest]}, overflows float32"
        return "exp_overflow", largest, f"{size}, and inf / inf is nan"
    partition_sum = finding.partition_sums[row]
    if partition_sum < SMALLEST_ROOT and finding.quantity != "log":
        size = f"the partition sum {partition_sum:.3g} is too small to divide by"
        return "sum_underflow", largest, size
    with np.errstate(divide="ignore", over="ignore"):
        broken = np.isinf(np.float32(1) / probabilities)
    guilty = int(np.argmin(probabilities)) if loss == "pick_log" else label
    if probabilities[label] == 0 or not broken[guilty]:
        guilty = label
    whose = "its label" if guilty == label else "not its label"
    named = f"class {LABELS[guilty]} ({whose})"
    gap = f"its logit is {logits[largest] - logits[guilty]:.1f} below the largest"
    if probabilities[guilty] == 0:
        effect = "the loss is inf" if guilty == label else "0 * inf in the log's gradient is nan"
        return "zero_probability", guilty, f"the probability of {named} is 0, {gap}, and {effect}"
    size = f"the probability of {named} is {probabilities[guilty]:.2g}, {gap}"
    if not broken[guilty]:
        effect = f"1/p is finite, but divided by the partition sum {partition_sum:.2g} it overflows"
        return "gradient_overflow", guilty, f"{size}: {effect} float32"
    effect = "1/p overflows float32" if guilty == label else "1/p overflows, and 0 * inf is nan"
    return "reciprocal_overflow", guilty, f"{size}: {effect}"
