"""The lesson's update for a whole stack of configurations, in few operations.

The mathematics is that of `lesson`; n is the examples in a batch, k the configurations. The shapes
are written for 784 pixels and 10 classes; any other numbers of them do.

- The gradient by the logits (n, k, 10) is written out instead of recorded by autograd. Each form
  of the loss has its own (`runner.losses`), so that a model dies at the same update.
- The step size multiplies the gradient of each example, so that each column can have its own.
- The gradient by W sums over the examples, the first axis of X. It is a convolution of size 1
  whose channels are the examples: oneDNN makes it one product, without transposing X.
- An update is compiled into one graph and costs one call. Losses and hits are computed apart, by
  `figures`, from the scores of many updates at once.

Columns do not affect each other: every product sums over the pixels, examples or classes of one
column. Nor does the number of columns affect them: a stack is split into blocks of widths whose
products this machine sums in the same order (`product`). So a run has the same figures in a stack
as alone, bit for bit.
"""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import mxnet as mx
import numpy as np
from mxnet import nd

from runner.losses import LOSSES
from runner.records import Floats
from runner.training.product import BLOCK, widths_that_sum_alike


class Block(NamedTuple):
    """Up to `BLOCK` configurations stacked by rows: W (10 k, 784), b (10 k,).

    `step_sizes` is (1, k, 1).
    """

    W: nd.NDArray
    b: nd.NDArray
    step_sizes: nd.NDArray


def blocks_of(
    parameters: Sequence[tuple[Floats, Floats]], step_sizes: Sequence[float]
) -> list[Block]:
    """Put W (784, 10) and b (10,) of each configuration into blocks."""
    places = _split(len(parameters), parameters[0][0].shape)
    return [
        Block(
            nd.array(np.concatenate([parameters[place][0].T for place in block])),
            nd.array(np.concatenate([parameters[place][1] for place in block])),
            nd.array([step_sizes[place] for place in block]).reshape((1, -1, 1)),
        )
        for block in places
    ]


def _split(count: int, shape: tuple[int, ...]) -> list[Floats]:
    """The places 0 to `count` - 1, split into as few parts as possible of widths that sum alike.

    `shape` is that of each W.
    """
    widths = fewest_parts(count, widths_that_sum_alike(*shape))
    return np.split(np.arange(count), np.cumsum(widths)[:-1])


@cache
def fewest_parts(count: int, allowed: frozenset[int]) -> tuple[int, ...]:
    """As few of the allowed numbers as add up to `count`, largest first; 1 must be allowed."""
    if count == 0:
        return ()
    largest_first = sorted((one for one in allowed if one <= count), reverse=True)
    return min(((one, *fewest_parts(count - one, allowed)) for one in largest_first), key=len)


def parameters_of(blocks: Sequence[Block]) -> list[tuple[Floats, Floats]]:
    """W (784, 10) and b (10,) of each configuration; waits for MXNet."""
    W = np.concatenate([block.W.asnumpy() for block in blocks])
    b = np.concatenate([block.b.asnumpy() for block in blocks])
    classes = _classes(blocks[0])
    parts = [slice(start, start + classes) for start in range(0, len(b), classes)]
    return [(np.ascontiguousarray(W[part].T), b[part].copy()) for part in parts]


def logits(X: nd.NDArray, block: Block) -> nd.NDArray:
    """The logits (n, k, 10) of images X (n, 784)."""
    return _logits(nd, block.step_sizes.shape[1], _classes(block), X, block.W, block.b)


def update(loss: str, block: Block, X: nd.NDArray, y: nd.NDArray) -> tuple[Block, nd.NDArray]:
    """One SGD step on images X (n, 784) and labels y (n,).

    Returns the updated block, and the scores (n, k, 10) of the parameters before the step, for
    `figures`. The form of the loss decides what its scores are.
    """
    compiled = _compiled(loss, block.step_sizes.shape[1], _classes(block))
    W, b, scores = compiled(X, y, *block)
    return Block(W, b, block.step_sizes), scores


def figures(loss: str, scores: nd.NDArray, y: nd.NDArray) -> tuple[nd.NDArray, nd.NDArray]:
    """The losses (n, k) and hits (n, k) for scores (n, k, 10) of `update` and labels y (n,).

    A hit is 1 where the class with the largest score is the label, else 0.
    """
    labels = nd.broadcast_axis(y.reshape((-1, 1)), axis=1, size=scores.shape[1])
    largest = nd.argmax(scores, axis=2)
    losses = LOSSES[loss].stacked_losses(nd, scores, labels, largest)
    return losses, largest == labels


@lru_cache(maxsize=3 * BLOCK)
def _compiled(loss: str, width: int, classes: int) -> Callable[..., list[nd.NDArray]]:
    """The compiled graph of an update, as a function."""
    names = ("X", "y", "W", "b", "step_sizes")
    graph = mx.sym.Group(_graph(mx.sym, loss, width, classes, *map(mx.sym.var, names)))
    places = [names.index(name) for name in graph.list_inputs()]
    call = nd.CachedOp(graph, [("static_alloc", True)])

    def compiled(*arrays: nd.NDArray) -> list[nd.NDArray]:
        outputs: list[nd.NDArray] = call(*(arrays[place] for place in places))
        return outputs

    return compiled


def _graph(
    F: Any, loss: str, width: int, classes: int, X: Any, y: Any, W: Any, b: Any, step_sizes: Any
) -> list[Any]:
    """The updated W and b, and the scores."""
    labels = F.broadcast_axis(y.reshape((-1, 1)), axis=1, size=width)
    logits = _logits(F, width, classes, X, W, b)
    scores, step = LOSSES[loss].stacked_step(F, logits, labels, step_sizes, classes)
    step = F.transpose(step.reshape((-1, width * classes)))
    return [W - _by_pixels(F, width * classes, step, X), b - _by_ones(F, step), scores]


def _classes(block: Block) -> int:
    return block.b.shape[0] // block.step_sizes.shape[1]


def _logits(F: Any, width: int, classes: int, X: Any, W: Any, b: Any) -> Any:
    columns = width * classes
    return F.FullyConnected(X, W, b, num_hidden=columns).reshape((-1, width, classes))


def _by_pixels(F: Any, columns: int, step: Any, X: Any) -> Any:
    """step X (10 k, 784) for steps (10 k, n); X becomes one image of n channels and 784 pixels."""
    image, weight = F.expand_dims(X, axis=0), F.expand_dims(step, axis=2)
    summed = F.Convolution(image, weight, kernel=(1,), num_filter=columns, no_bias=True)
    return summed.reshape((columns, -1))


def _by_ones(F: Any, step: Any) -> Any:
    """Steps (10 k, n) summed over the examples (10 k,), by a product: faster than a sum."""
    ones = F.ones_like(F.slice_axis(step, axis=0, begin=0, end=1))
    return F.dot(step, ones, transpose_b=True).reshape((-1,))
