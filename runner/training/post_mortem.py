"""Why a run diverged: replays the fatal epoch up to the update that broke it.

`fatal_update` finds what was first not finite in it. Where one image is to blame, the form of
the loss says by which mechanism (`LossForm.mechanism` in `runner.losses`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from mxnet import nd

from runner.data import Split
from runner.losses import LOSSES, Finding
from runner.records import Floats, PostMortem, Record
from runner.training.batches import batches
from runner.training.evaluation import gather, to_mxnet
from runner.training.fatal_update import first_non_finite
from runner.training.means import batch_means
from runner.training.stack_update import Block, logits, parameters_of, updates
from runner.training.trainer import Column, all_finite, blocks_at


def examine(
    train_split: Split,
    columns: Sequence[Column],
    before: Sequence[Record],
    after: Sequence[Record],
    *,
    batch_size: int,
    order_seed: int,
    loss: str,
    labels: Sequence[str],
) -> dict[int, PostMortem]:
    """Replay an epoch and name the cause of every divergence in it, by column.

    `before` and `after` are the stack's records around the epoch. The replay makes the
    trainer's own updates on the trainer's own batches, at the width of the stack. A column must
    break at the same update, after the same last finite loss bit for bit. Otherwise its cause is
    `unknown`.
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
    done = (epoch - 1) * -(-count // batch_size)  # updates in earlier epochs
    # Only these can be to blame: the update whose loss broke, or the one before it.
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
            sizes = columns[column].step_size, columns[column].clip_gradient
            finding = first_non_finite(step.X, step.y, step.logits[place], W, b, loss, *sizes)
            if finding is not None:
                start = step.number * batch_size
                rows = order[start : start + batch_size]
                number = done + step.number + 1
                found[column] = _conclude(
                    finding, rows, train_split.labels, labels, W, b, loss, epoch, number
                )
    return found


class _Step(NamedTuple):
    """A replayed update and its batch; for each column the logits (n, 10) and parameters before
    it, the mean loss, and the parameters after it."""

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
    """Repeat an epoch's updates up to the last suspect; yield the suspects."""
    images, labels = to_mxnet(train_split)
    for number, taken in batches(images, labels, order, batch_size, alone=suspects):
        if number > max(suspects):
            return
        made = [updates(loss, block, taken) for block in blocks]
        moved = [block for block, _ in made]
        if number in suspects:
            X, y = (one[0].astype(blocks[0].W.dtype) for one in (taken.X[0], taken.y))
            losses, _ = gather([[found] for _, found in made])
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
            f"The replay of epoch {epoch} did not explain the break after update {update}, so "
            "no cause is claimed."
        ),
        epoch=epoch,
        update=max(update, 1),
    )


def _conclude(
    finding: Finding,
    rows: npt.NDArray[Any],
    classes: Floats,
    labels: Sequence[str],
    W: Floats,
    b: Floats,
    loss: str,
    epoch: int,
    number: int,
) -> PostMortem:
    """Turn a finding about update `number` into a post-mortem; `rows` are the batch's examples."""
    where = f"Update {number}, in epoch {epoch}"
    of_gradient = finding.quantity.startswith("gradient")
    known = PostMortem(
        cause="gradient_overflow" if of_gradient else "parameter_overflow",
        sentence=f"{where}: the {finding.quantity} left the range of {W.dtype}.",
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
    label = int(classes[example])
    cause, guilty, account = LOSSES[loss].mechanism(finding, finding.row, label, labels)
    return replace(
        known,
        cause=cause,
        sentence=f"{where}: training image {example} (label {labels[label]}). {account}",
        example=example,
        label=label,
        guilty_class=guilty,
        logits=tuple(float(value) for value in finding.logits[finding.row]),
        largest_logit=float(finding.logits[finding.row].max()),
        smallest_logit=float(finding.logits[finding.row].min()),
        smallest_probability=float(finding.probabilities[finding.row].min()),
    )
