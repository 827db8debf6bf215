"""Trains a stack of configurations: plain values and arrays in, records out.

The trainer knows nothing of Hydra or MLflow.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from mxnet import nd

from runner.data import Split
from runner.records import Floats, Record
from runner.training.evaluation import gather, test_figures, to_mxnet, train_figures
from runner.training.means import batch_means
from runner.training.product import check_product
from runner.training.stack_update import Block, blocks_of, figures, parameters_of, update

EXAMPLES_AT_ONCE = 8192
"""Examples whose losses and hits are computed together: few operations, on arrays in cache."""


@dataclass(frozen=True, eq=False)
class Column:
    """What may differ between the configurations of a stack; training starts from W and b."""

    step_size: float
    W: Floats
    b: Floats
    stop_on_divergence: bool


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
    check_product()
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
    seen: list[list[tuple[nd.NDArray, nd.NDArray]]] = [[] for _ in blocks]
    # These loops never read a value, so MXNet computes in the background without waiting.
    span = max(1, EXAMPLES_AT_ONCE // batch_size) * batch_size
    for start in range(0, len(order), span):
        scores: list[list[nd.NDArray]] = [[] for _ in blocks]
        labels = []
        for X, y in batches(train_split, order[start : start + span], batch_size):
            labels.append(y)
            for place, block in enumerate(blocks):
                blocks[place], of_batch = update(loss, block, X, y)
                scores[place].append(of_batch)
        y = nd.concat(*labels, dim=0)
        for of_block, found in zip(scores, seen, strict=True):
            found.append(figures(loss, nd.concat(*of_block, dim=0), y))
    losses, hits = gather(seen)
    tests = test_figures(loss, blocks, test_split, batch_size)
    trains = train_figures(losses, hits, batch_size)
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
    step_sizes = [columns[record.column].step_size for record in records]
    return blocks_of([(record.W, record.b) for record in records], step_sizes)


def batches(
    train_split: Split, order: Floats, batch_size: int
) -> Iterator[tuple[nd.NDArray, nd.NDArray]]:
    """The images X (n, 784) and labels (n,) of each update, in `order`."""
    images, labels = to_mxnet(train_split)
    rows = nd.array(order, dtype="int32")
    labels = nd.take(labels, rows)
    for start in range(0, len(order), batch_size):
        batch = slice(start, start + batch_size)
        yield nd.take(images, rows[batch]), labels[batch]


def all_finite(*values: Floats | float) -> bool:
    """Whether no value is nan or infinite."""
    return all(np.isfinite(value).all() for value in values)
