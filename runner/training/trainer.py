"""Trains a stack of configurations: plain values and arrays in, records out.

The trainer knows nothing of Hydra or MLflow.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from mxnet import nd

from runner.data import Split
from runner.records import Floats, Record
from runner.training.batches import batches
from runner.training.evaluation import gather, test_figures, to_mxnet, train_figures
from runner.training.means import batch_means
from runner.training.product import check_product
from runner.training.stack_update import Block, blocks_of, parameters_of, updates


@dataclass(frozen=True, eq=False)
class Column:
    """What may differ between the configurations of a stack; training starts from W and b.

    `clip_gradient` is the largest norm of the batch's mean gradient. It is infinite, and nothing is
    clipped, in all columns of a stack or in none. The dtype of W and b is that of the training, and
    of all columns.
    """

    step_size: float
    W: Floats
    b: Floats
    stop_on_divergence: bool
    clip_gradient: float = math.inf


def train(
    train_split: Split,
    test_split: Split,
    columns: Sequence[Column],
    *,
    batch_size: int,
    epochs: int,
    order_seed: int,
    loss: str,
) -> Iterator[list[Record]]:
    """Train softmax regression by plain SGD; yield each epoch's records, step 0 first.

    All columns see the same batches; a single run is a stack of one. The order of the training
    examples is one permutation per epoch from `numpy.random.RandomState(order_seed)`, as gluon's
    DataLoader draws it after `numpy.random.seed(order_seed)`. The last batch of an epoch may be
    smaller; its step size is the same.

    When a column first has a non-finite loss or parameter, its record of that epoch says so.
    The column then leaves the stack, unless its `stop_on_divergence` is false. Training ends
    when no column is left. A column's figures do not depend on the other columns.

    Raises `InputError` if this machine's matrix product is wrong.
    """
    check_product(columns[0].W.dtype.name)
    orders = np.random.RandomState(order_seed)
    parameters = [(column.W, column.b) for column in columns]
    blocks = blocks_of(parameters, [column.step_size for column in columns])
    tests = test_figures(loss, blocks, test_split, batch_size)
    records = [
        Record(number, 0, metrics, W, b)
        for number, (metrics, (W, b)) in enumerate(zip(tests, parameters, strict=True))
    ]
    yield records
    for _ in range(epochs):
        records = [
            one
            for one in records
            if one.diverged_update is None or not columns[one.column].stop_on_divergence
        ]
        if not records:
            return
        order = orders.permutation(len(train_split.labels))
        records = _epoch(train_split, test_split, columns, records, order, batch_size, loss)
        yield records


def _epoch(
    train_split: Split,
    test_split: Split,
    columns: Sequence[Column],
    before: Sequence[Record],
    order: Floats,
    batch_size: int,
    loss: str,
) -> list[Record]:
    """Train the remaining columns for one more epoch; their records."""
    blocks = blocks_at(columns, before)
    images, labels = to_mxnet(train_split)
    seen: list[list[tuple[nd.NDArray, nd.NDArray]]] = [[] for _ in blocks]
    # This loop never reads a value, so MXNet computes in the background without waiting.
    for _, taken in batches(images, labels, order, batch_size):
        for place, block in enumerate(blocks):
            blocks[place], found = updates(loss, block, taken)
            seen[place].append(found)
    losses, hits = gather(seen)
    tests = test_figures(loss, blocks, test_split, batch_size)
    trains = train_figures(loss, losses, hits, batch_size)
    loss_means = batch_means(losses, batch_size)
    return [
        _record(earlier, test | training, means, W, b)
        for earlier, test, training, means, (W, b) in zip(
            before, tests, trains, loss_means, parameters_of(blocks), strict=True
        )
    ]


def _record(
    before: Record, metrics: dict[str, float], loss_means: Floats, W: Floats, b: Floats
) -> Record:
    """The record of a column's epoch; finds its first non-finite loss or parameter."""
    diverged_update, last_finite = before.diverged_update, before.last_finite_batch_loss
    if diverged_update is None:
        finite = np.isfinite(loss_means)
        sound_updates = len(finite) if finite.all() else int(finite.argmin())
        if sound_updates > 0:
            last_finite = float(loss_means[sound_updates - 1])
        if not (finite.all() and all_finite(W, b, metrics["test_loss"])):
            diverged_update = before.epoch * len(finite) + sound_updates
    return Record(before.column, before.epoch + 1, metrics, W, b, diverged_update, last_finite)


def blocks_at(columns: Sequence[Column], records: Sequence[Record]) -> list[Block]:
    """The blocks with the parameters of these records."""
    of_records = [columns[record.column] for record in records]
    limits = [column.clip_gradient for column in of_records]
    return blocks_of(
        [(record.W, record.b) for record in records],
        [column.step_size for column in of_records],
        limits if math.isfinite(limits[0]) else None,
    )


def all_finite(*values: Floats | float) -> bool:
    """Whether no value is nan or infinite."""
    return all(np.isfinite(value).all() for value in values)
