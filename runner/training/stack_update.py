"""The lesson's updates for a whole stack of configurations, in few operations.

The mathematics is that of `lesson`; n is the examples in a batch, k the configurations. The shapes
are written for 784 pixels and 10 classes; any other numbers of them do.

- The gradient by the logits (n, k, 10) is written out instead of recorded by autograd. Each form
  of the loss has its own (`runner.losses`), so that a model dies at the same update.
- The step size multiplies the gradient of each example, so that each column can have its own. Where
  gradients are clipped, it multiplies their sum, whose norm decides the step.
- The gradient by W sums over the examples, the first axis of X. It is a convolution of size 1
  whose channels are the examples: oneDNN makes it one product, without transposing X.
- Several updates are compiled into one graph and cost one call. The graph also takes each batch's
  images from the training set, into the same few buffers, which so stay in the processor's cache.

Columns do not affect each other: every product sums over the pixels, examples or classes of one
column. Nor does the number of columns affect them: a stack is split into blocks of widths whose
products this machine sums in the same order (`product`). So a run has the same figures in a stack
as alone, bit for bit. Nor does the number of updates in a graph: the operations are the same.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import mxnet as mx
import numpy as np
from mxnet import nd

from runner.losses import LOSSES
from runner.records import Floats
from runner.training.clipping import clip_factors
from runner.training.product import BLOCK, widths_that_sum_alike


class Block(NamedTuple):
    """Up to `BLOCK` configurations stacked by rows: W (10 k, 784), b (10 k,).

    `step_sizes` is (1, k, 1), and so are `limits`, the largest norms of the batch's mean gradient.
    They are None where no gradient is clipped.
    """

    W: nd.NDArray
    b: nd.NDArray
    step_sizes: nd.NDArray
    limits: nd.NDArray | None = None


def blocks_of(
    parameters: Sequence[tuple[Floats, Floats]],
    step_sizes: Sequence[float],
    limits: Sequence[float] | None = None,
) -> list[Block]:
    """Put W (784, 10) and b (10,) of each configuration into blocks; `limits` clip gradients.

    The blocks have the dtype of the first W.
    """
    dtype = parameters[0][0].dtype.name
    places = _split(len(parameters), parameters[0][0].shape, dtype)
    return [
        Block(
            nd.array(np.concatenate([parameters[place][0].T for place in block]), dtype=dtype),
            nd.array(np.concatenate([parameters[place][1] for place in block]), dtype=dtype),
            _by_columns(step_sizes, block, dtype),
            None if limits is None else _by_columns(limits, block, dtype),
        )
        for block in places
    ]


def _by_columns(values: Sequence[float], places: Floats, dtype: str) -> nd.NDArray:
    """The values at these places (1, k, 1)."""
    return nd.array([values[place] for place in places], dtype=dtype).reshape((1, -1, 1))


def _split(count: int, shape: tuple[int, ...], dtype: str) -> list[Floats]:
    """The places 0 to `count` - 1, split into as few parts as possible of widths that sum alike.

    `shape` and `dtype` are those of each W.
    """
    widths = fewest_parts(count, widths_that_sum_alike(*shape, dtype))
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


def updates(
    loss: str, block: Block, images: nd.NDArray, labels: nd.NDArray, rows: nd.NDArray
) -> tuple[Block, tuple[nd.NDArray, nd.NDArray]]:
    """u SGD steps, on the batches of n examples that `rows` (u, n) lists.

    `images` (N, 784) and `labels` (N,) are the whole training set, in float32. Returns the updated
    block, and the losses (u n, k) and hits (u n, k) of the examples, each before the step of its
    batch. A hit is 1 where the class with the largest score is the label, else 0.
    """
    width, clips = block.step_sizes.shape[1], block.limits is not None
    dtype = np.dtype(block.W.dtype).name
    compiled = _compiled(loss, width, _classes(block), *rows.shape, clips, dtype)
    W, b, losses, hits = compiled(images, labels, rows, *block)
    return block._replace(W=W, b=b), (losses, hits)


@lru_cache(maxsize=12 * BLOCK)
def _compiled(
    loss: str, width: int, classes: int, count: int, batch_size: int, clips: bool, dtype: str
) -> Callable[..., list[nd.NDArray]]:
    """The compiled graph of `count` updates, as a function; `clips` says whether of gradients."""
    names = ("images", "labels", "rows", "W", "b", "step_sizes", *(["limits"] if clips else []))
    sizes = width, classes, count, batch_size
    outputs = _graph(mx.sym, loss, dtype, *sizes, *map(mx.sym.var, names))
    graph = mx.sym.Group(outputs)
    places = [names.index(name) for name in graph.list_inputs()]
    # The engine is told of one operation, not of hundreds: a bulk is longer than any graph.
    flags = [("static_alloc", True), ("static_shape", True), ("forward_bulk_size", 10_000)]
    call = nd.CachedOp(graph, flags)

    def compiled(*arrays: nd.NDArray) -> list[nd.NDArray]:
        outputs: list[nd.NDArray] = call(*(arrays[place] for place in places))
        return outputs

    return compiled


def _graph(
    F: Any,
    loss: str,
    dtype: str,
    width: int,
    classes: int,
    count: int,
    batch_size: int,
    images: Any,
    labels: Any,
    rows: Any,
    W: Any,
    b: Any,
    step_sizes: Any,
    limits: Any = None,
) -> list[Any]:
    """The updated W and b, and the losses and hits of every example."""
    form, columns = LOSSES[loss], width * classes
    y = _cast(F, F.take(labels, rows), dtype)
    y = F.broadcast_axis(y.reshape((0, 0, 1)), axis=2, size=width)
    ones = F.ones((batch_size, 1), dtype=dtype)
    of_example = step_sizes if limits is None else F.ones_like(step_sizes)
    seen = []
    for batch, of_batch in zip(_parts(F, rows, count), _parts(F, y, count), strict=True):
        X = _cast(F, F.take(images, batch), dtype)
        before = _logits(F, width, classes, X, W, b)
        scores, step = form.stacked_step(F, before, of_batch, of_example, classes, dtype)
        step = F.transpose(step.reshape((-1, columns)))
        by_W = _by_pixels(F, columns, step, X)
        by_b = F.dot(step, ones).reshape((-1,))  # faster than a sum
        if limits is not None:
            squares = F.sum(F.square(by_W / batch_size), axis=1) + F.square(by_b / batch_size)
            of_columns = F.sum(squares.reshape((1, width, classes)), axis=2, keepdims=True)
            factors = step_sizes * clip_factors(F, of_columns, limits)
            factors = F.broadcast_axis(factors, axis=2, size=classes).reshape((-1,))
            by_W, by_b = F.broadcast_mul(by_W, factors.reshape((-1, 1))), by_b * factors
        W, b = W - by_W, b - by_b
        seen.append(scores)
    scores, y = F.concat(*seen, dim=0), y.reshape((-1, width))
    largest = F.argmax(scores, axis=2)
    return [W, b, form.stacked_losses(F, scores, y, largest), F.broadcast_equal(largest, y)]


def _cast(F: Any, array: Any, dtype: str) -> Any:
    """The values of a float32 array in `dtype`."""
    return array if dtype == "float32" else F.cast(array, dtype=dtype)


def _parts(F: Any, array: Any, count: int) -> Iterable[Any]:
    """The `count` entries of an array along its first axis."""
    parts: Iterable[Any] = F.split(array, num_outputs=count, axis=0, squeeze_axis=True)
    return parts


def _classes(block: Block) -> int:
    classes: int = block.b.shape[0] // block.step_sizes.shape[1]
    return classes


def _logits(F: Any, width: int, classes: int, X: Any, W: Any, b: Any) -> Any:
    columns = width * classes
    return F.FullyConnected(X, W, b, num_hidden=columns).reshape((-1, width, classes))


def _by_pixels(F: Any, columns: int, step: Any, X: Any) -> Any:
    """step X (10 k, 784) for steps (10 k, n); X becomes one image of n channels and 784 pixels."""
    image, weight = F.expand_dims(X, axis=0), F.expand_dims(step, axis=2)
    summed = F.Convolution(image, weight, kernel=(1,), num_filter=columns, no_bias=True)
    return summed.reshape((columns, -1))
