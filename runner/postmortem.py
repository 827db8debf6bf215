"""Why a run diverged: the fatal epoch replayed to the update that broke it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from mxnet import nd

from runner.columns import Block, figures, logits, parameters_of, update
from runner.data import LABELS, Split
from runner.evaluation import read
from runner.fatal_update import Finding, mechanism_of, take_apart
from runner.means import Floats, batch_means
from runner.train import Column, Record, all_finite, batches, blocks_at


@dataclass(frozen=True)
class PostMortem:
    """What was first not finite, and how it came to that.

    `cause` is one of
    - `exp_overflow`: e^logit is inf, so that inf / inf is nan;
    - `sum_underflow`: the partition sum (or its square, in the quotient's gradient) is 0;
    - `zero_probability`: a probability underflowed to 0, its log is -inf;
    - `reciprocal_overflow`: a probability is above 0, but 1/p overflows in the log's gradient;
    - `gradient_overflow`: 1/p is finite, but the gradient overflows where 1/p is divided by the
      partition sum, or in the gradient by the parameters;
    - `parameter_overflow`: the parameters themselves grew out of range;
    - `unknown`: the replay did not reach the same update, or not explain it, so nothing is claimed.

    `update` counts from 1: the update whose batch first held something not finite. `example`
    is the position of the guilty image in the training file, `label` and `guilty_class` are
    classes 0 to 9; the three are None where no single example is to blame, as are the figures
    of its `logits` (10,), of the largest and smallest of them, and of its smallest float32
    probability. Norms are Euclidean: of the parameters before that update and of the gradient
    of the batch's summed loss.
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
    largest_logit: float | None = None
    smallest_logit: float | None = None
    smallest_probability: float | None = None
    weight_norm: float | None = None
    bias_norm: float | None = None
    gradient_norm: float | None = None

    def to_json(self) -> str:
        """The fields as JSON; a value that is not finite is written as text."""
        return json.dumps(_without_nan(asdict(self)), indent=1, allow_nan=False)


def examine(
    train_split: Split,
    columns: Sequence[Column],
    before: Sequence[Record],
    after: Sequence[Record],
    *,
    batch_size: int,
    order_seed: int,
    loss: str,
) -> dict[int, PostMortem]:
    """Replay an epoch and name the cause of every divergence in it, by column.

    `before` and `after` are the stack's records of the epochs around it. The replay makes the
    trainer's own updates on the trainer's own batches, at the width the stack had. A column
    must break at the same update, after the same last finite loss bit for bit; else its cause
    is `unknown`.
    """
    trained = {one.column for one in after}
    before = [one for one in before if one.column in trained]
    fatal: dict[int, tuple[Record, int]] = {
        after_it.column: (after_it, after_it.diverged_update)
        for before_it, after_it in zip(before, after, strict=True)
        if before_it.diverged_update is None and after_it.diverged_update is not None
    }
    found = {column: _unknown(one.epoch, update) for column, (one, update) in fatal.items()}
    if not fatal:
        return found
    epoch, count = after[0].epoch, len(train_split.labels)
    orders = np.random.RandomState(order_seed)
    for _ in range(epoch):
        order = orders.permutation(count)
    done = (epoch - 1) * -(-count // batch_size)  # updates of the epochs before
    # Only these are looked at: a loss is not finite by itself, or by the update before it.
    suspects = {update - done - late for _, update in fatal.values() for late in (0, 1)}
    last_finite_losses = [one.last_finite_batch_loss for one in before]
    blocks = blocks_at(columns, before)
    for step in _replay(train_split, blocks, order, batch_size, loss, suspects):
        for place, column in enumerate(one.column for one in before):
            sound = bool(np.isfinite(step.means[place]))
            if sound:
                last_finite_losses[place] = float(step.means[place])
            if column not in fatal or (sound and all_finite(*step.after[place])):
                continue
            record, reached = fatal.pop(column)
            same_loss = last_finite_losses[place] == record.last_finite_batch_loss
            if not same_loss or done + step.number + sound != reached:
                continue
            W, b = step.before[place]
            step_size = columns[column].step_size
            finding = take_apart(step.X, step.y, step.logits[place], W, b, loss, step_size)
            if finding is not None:
                start = step.number * batch_size
                rows = order[start : start + batch_size]
                number = done + step.number + 1
                found[column] = _conclude(
                    finding, rows, train_split.labels, W, b, loss, epoch, number
                )
    return found


class _Step(NamedTuple):
    """A replayed update: its batch, and of each column the logits (n, 10) and parameters before
    it, the mean of its losses, and the parameters after it."""

    number: int
    X: nd.NDArray
    y: nd.NDArray
    logits: list[nd.NDArray]
    before: list[tuple[Floats, Floats]]
    means: Floats
    after: list[tuple[Floats, Floats]]


def _replay(
    train_split: Split,
    blocks: Sequence[Block],
    order: Floats,
    batch_size: int,
    loss: str,
    suspects: set[int],
) -> Iterator[_Step]:
    """Make an epoch's updates again, as far as the last suspect; yield the suspects."""
    for number, (X, y) in enumerate(batches(train_split, order, batch_size)):
        if number > max(suspects):
            return
        made = [update(loss, block, X, y) for block in blocks]
        moved = [block for block, _ in made]
        if number in suspects:
            losses, _ = read([[figures(loss, scores, y)] for _, scores in made])
            yield _Step(
                number,
                X,
                y,
                [each for block in blocks for each in logits(X, block).swapaxes(0, 1)],
                parameters_of(blocks),
                batch_means(losses, batch_size)[:, 0],
                parameters_of(moved),
            )
        blocks = moved


def _unknown(epoch: int, update: int) -> PostMortem:
    return PostMortem(
        cause="unknown",
        sentence=(
            f"The replay of epoch {epoch} did not explain the break after update {update}: "
            "no cause is claimed."
        ),
        epoch=epoch,
        update=max(update, 1),
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
    of_gradient = finding.quantity.startswith("gradient")
    known = PostMortem(
        cause="gradient_overflow" if of_gradient else "parameter_overflow",
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
        largest_logit=float(finding.logits[finding.row].max()),
        smallest_logit=float(finding.logits[finding.row].min()),
        smallest_probability=float(finding.probabilities[finding.row].min()),
    )


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(one) for one in value]
    return value if not isinstance(value, float) or np.isfinite(value) else str(value)
