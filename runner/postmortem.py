"""Why a run diverged: the fatal epoch replayed to the update that broke it."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from mxnet import nd

from runner.data import LABELS, Split
from runner.fatal_update import Finding, mechanism_of, take_apart
from runner.lesson import LOSSES
from runner.train import Floats, Record, to_mxnet, update


@dataclass(frozen=True)
class PostMortem:
    """What was first not finite, and how it came to that.

    `cause` is one of
    - `exp_overflow`: e^logit is inf, so that inf / inf is nan;
    - `sum_underflow`: the partition sum (or its square, in the quotient's gradient) is 0;
    - `zero_probability`: a probability underflowed to 0, its log is -inf;
    - `reciprocal_overflow`: a probability is above 0, but 1/p overflows in the log's gradient;
    - `parameter_overflow`: the parameters themselves grew out of range;
    - `unknown`: the replay did not reach the same update, or not explain it, so nothing is claimed.

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
            if finding is None:
                break
            return _conclude(finding, rows, train_split.labels, W, b, loss, fatal.epoch, done + 1)
        done += 1
    return PostMortem(
        cause="unknown",
        sentence=(
            f"The replay of epoch {fatal.epoch} did not explain the break after update "
            f"{fatal.diverged_update}: no cause is claimed."
        ),
        epoch=fatal.epoch,
        update=done + 1,
    )


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


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(one) for one in value]
    return value if not isinstance(value, float) or np.isfinite(value) else str(value)
