"""Why a run diverged: the fatal epoch replayed to the update that broke it, and taken apart."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from mxnet import autograd, nd

from runner.data import LABELS, Split
from runner.lesson import CLASSES, LOSSES, linear, sgd, softmax
from runner.train import Floats, Parameters, Record, to_mxnet, update

SMALLEST_ROOT = 2.6e-23
"""The square of a smaller float32 is 0."""

OF_NO_EXAMPLE = ("gradient by W", "gradient by b", "parameter W", "parameter b")


@dataclass(frozen=True)
class PostMortem:
    """What was first not finite, and how it came to that.

    `cause` is one of
    - `exp_overflow`: e^logit is inf, so that inf / inf is nan;
    - `sum_underflow`: the partition sum (or its square, in the quotient's gradient) is 0;
    - `zero_probability`: a probability underflowed to 0, its log is -inf;
    - `reciprocal_overflow`: a probability is above 0, but 1/p overflows in the log's gradient;
    - `parameter_overflow`: the parameters themselves grew out of range;
    - `unknown`: the replay did not reach the same update, so nothing is claimed.

    `update` counts from 1: the update whose batch first held something not finite. `example`
    is the position of the guilty image in the training file, `label` and `guilty_class` are
    classes 0 to 9; the three are None where no single example is to blame, as are the figures
    of its `logits` (10,) and of its smallest float32 probability. Norms are Euclidean: of the
    parameters before that update and of the gradient of the batch's summed loss.
    """

    cause: str
    sentence: str
    epoch: int
    update: int
    quantity: str | None = None
    example: int | None = None
    label: int | None = None
    guilty_class: int | None = None
    logits: tuple[float, ...] | None = None
    smallest_probability: float | None = None
    weight_norm: float | None = None
    bias_norm: float | None = None
    gradient_norm: float | None = None

    def to_json(self) -> str:
        """The fields as JSON; a value that is not finite is written as text."""
        return json.dumps(_without_nan(asdict(self)), indent=1, allow_nan=False)


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


def examine(
    train_split: Split,
    before: Record,
    fatal: Record,
    *,
    step_size: float,
    batch_size: int,
    order_seed: int,
    loss: str,
) -> PostMortem:
    """Replay the fatal epoch from the record before it and name the cause.

    The replay makes the trainer's own updates on the trainer's own batches. It must break at
    the same update, after the same last finite loss bit for bit; else the cause is `unknown`.
    """
    count = len(train_split.labels)
    orders = np.random.RandomState(order_seed)
    for _ in range(fatal.epoch):
        order = orders.permutation(count)
    images, _ = to_mxnet(train_split)
    parameters = nd.array(before.W), nd.array(before.b)
    for param in parameters:
        param.attach_grad()
    done = (fatal.epoch - 1) * -(-count // batch_size)  # updates of the epochs before
    last_finite_loss = before.last_finite_batch_loss
    for start in range(0, count, batch_size):
        rows = order[start : start + batch_size]
        X, y = nd.take(images, nd.array(rows, dtype="int32")), nd.array(train_split.labels[rows])
        W, b = (param.asnumpy() for param in parameters)
        losses, _ = update(LOSSES[loss], parameters, X, y, step_size)
        mean_loss = float(losses.asnumpy().astype(np.float64).mean())
        if np.isfinite(mean_loss):
            last_finite_loss = mean_loss
        broken = not all(np.isfinite(param.asnumpy()).all() for param in parameters)
        if broken or not np.isfinite(mean_loss):
            reached = done + (1 if np.isfinite(mean_loss) else 0)
            if (reached, last_finite_loss) != (fatal.diverged_update, fatal.last_finite_batch_loss):
                break
            finding = take_apart(X, y, W, b, loss, step_size)
            return _conclude(finding, rows, train_split.labels, W, b, loss, fatal.epoch, done + 1)
        done += 1
    return PostMortem(
        cause="unknown",
        sentence=(
            f"The replay of epoch {fatal.epoch} did not break where the run did, after update "
            f"{fatal.diverged_update}: no cause is claimed."
        ),
        epoch=fatal.epoch,
        update=done + 1,
    )


def take_apart(
    X: nd.NDArray, y: nd.NDArray, W: Floats, b: Floats, loss: str, step_size: float
) -> Finding:
    """Make one update of a batch X (n, 784), y (n,) step by step; what is first not finite.

    `W` (784, 10) and `b` (10,) are finite. The steps are the trainer's own operations, the
    backward ones included, so that each value is the trainer's.
    """
    parameters = nd.array(W), nd.array(b)
    logits = linear(X, *parameters)
    exponentials = nd.exp(logits)
    probabilities = softmax(logits)
    steps = _steps(X, y, logits, parameters, loss, step_size)
    values = {name: value.asnumpy() for name, value in steps}
    quantity = next((name for name in values if not np.isfinite(values[name]).all()), None)
    if quantity is None:
        raise ValueError("every quantity of this update is finite")
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
    X: nd.NDArray, y: nd.NDArray, logits: nd.NDArray, parameters: Parameters, loss: str, step: float
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


def _conclude(
    finding: Finding,
    rows: npt.NDArray[Any],
    labels: Floats,
    W: Floats,
    b: Floats,
    loss: str,
    epoch: int,
    number: int,
) -> PostMortem:
    """Put a finding about update `number` into a post-mortem; `rows` are the batch's examples."""
    where = f"Update {number}, in epoch {epoch}"
    known = PostMortem(
        cause="parameter_overflow",
        sentence=f"{where}: the {finding.quantity} left the range of float32.",
        epoch=epoch,
        update=number,
        quantity=finding.quantity,
        weight_norm=float(np.linalg.norm(W.astype(np.float64))),
        bias_norm=float(np.linalg.norm(b.astype(np.float64))),
        gradient_norm=finding.gradient_norm,
    )
    if finding.row is None:
        return known
    example = int(rows[finding.row])
    label = int(labels[example])
    cause, guilty, mechanism = mechanism_of(finding, finding.row, label, loss)
    return replace(
        known,
        cause=cause,
        sentence=f"{where}: for training image {example} (label {LABELS[label]}) {mechanism}.",
        example=example,
        label=label,
        guilty_class=guilty,
        logits=tuple(float(value) for value in finding.logits[finding.row]),
        smallest_probability=float(finding.probabilities[finding.row].min()),
    )


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
    if partition_sum < SMALLEST_ROOT:
        size = f"the partition sum {partition_sum:.3g} is too small to divide by"
        return "sum_underflow", largest, size
    judged = probabilities if loss == "pick_log" else probabilities[[label]]
    guilty = int(np.argmin(judged)) if loss == "pick_log" else label
    whose = "its label" if guilty == label else "not its label"
    named = f"class {LABELS[guilty]} ({whose})"
    gap = f"its logit is {logits[largest] - logits[guilty]:.1f} below the largest"
    if probabilities[guilty] == 0:
        effect = "the loss is inf" if guilty == label else "0 * inf in the log's gradient is nan"
        return "zero_probability", guilty, f"the probability of {named} is 0, {gap}, and {effect}"
    effect = "1/p overflows float32" if guilty == label else "1/p overflows, and 0 * inf is nan"
    size = f"the probability of {named} is {probabilities[guilty]:.2g}, {gap}"
    return "reciprocal_overflow", guilty, f"{size}: {effect}"


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(one) for one in value]
    return value if not isinstance(value, float) or np.isfinite(value) else str(value)
