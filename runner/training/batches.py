"""The batches of an epoch, taken from the training set for several updates at a time.

Their images go into two sets of buffers in turn: while one is trained on, MXNet's second worker
fills the other. They are the same arrays throughout a training, so that a compiled graph need not
ask where its images are.
"""

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import NamedTuple

import mxnet as mx
from mxnet import nd

from runner.records import Floats

EXAMPLES_AT_ONCE = 1024
"""As many batches are taken at once as hold this many examples; at least one batch."""

LARGE = 4 * EXAMPLES_AT_ONCE
"""Batches of more examples than this share one set of buffers: two would take much memory."""

MOST_UPDATES = 32
"""Updates in one compiled graph: more gain little, and take longer to compile."""


class Batches(NamedTuple):
    """u batches of n examples: their images X, u arrays (1, n, 784), and labels y (u, n).

    All are float32. Valid until other batches are taken into the buffers of the same `turn`.
    """

    X: list[nd.NDArray]
    y: nd.NDArray
    turn: int


def batches(
    images: nd.NDArray,
    labels: nd.NDArray,
    order: Floats,
    batch_size: int,
    alone: Collection[int] = (),
) -> Iterator[tuple[int, Batches]]:
    """The batches of an epoch, each with the number of its first update; the last may be smaller.

    `images` (N, 784) and `labels` (N,) are the training set, `order` the places of its examples.
    The updates in `alone`, and those beside them, come one at a time.
    """
    rows = nd.array(order, dtype="int32")
    y = nd.take(labels, rows)
    for turn, (first, end, size) in enumerate(_spans(len(order), batch_size, alone)):
        part = slice(first * batch_size, first * batch_size + (end - first) * size)
        of_rows, of_labels = (one[part].reshape((-1, size)) for one in (rows, y))
        yield first, take(images, of_rows, of_labels, turn % 2 if size <= LARGE else 0)


def _spans(count: int, batch_size: int, alone: Collection[int]) -> Iterator[tuple[int, int, int]]:
    """The first update of each span, the one after its last, and the size of its batches."""
    at_once = max(1, min(MOST_UPDATES, EXAMPLES_AT_ONCE // batch_size))
    full, rest = divmod(count, batch_size)
    for first in range(0, full, at_once):
        end = min(first + at_once, full)
        if not set(range(first, end)) & set(alone):
            yield first, end, batch_size
        else:
            for number in range(first, end):
                yield number, number + 1, batch_size
    if rest:
        yield full, full + 1, rest


def take(images: nd.NDArray, rows: nd.NDArray, y: nd.NDArray, turn: int = 0) -> Batches:
    """The images that `rows` (u, n) lists, in the buffers of this turn, with their labels y."""
    whole, X = _buffers(*rows.shape, images.shape[1], turn)
    # Else the engine would join this with the operations before it, and do it as late.
    with mx.engine.bulk(0):
        nd.take(images, rows.reshape((-1, 1, rows.shape[1])), out=whole)
    return Batches(X, y, turn)


@lru_cache(maxsize=8)
def _buffers(count: int, size: int, pixels: int, turn: int) -> tuple[nd.NDArray, list[nd.NDArray]]:
    """The buffer for `count` batches of this size, and its part for each batch."""
    whole = nd.zeros((count, 1, size, pixels))
    return whole, [whole[number] for number in range(count)]
