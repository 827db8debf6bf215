"""The lesson's updates for a whole stack of configurations, in few operations.

The mathematics is that of `lesson`; n is the examples in a batch, k the configurations. The shapes
are written for 784 pixels and 10 classes; any other numbers of them do.

- The gradient by the logits (n, k, 10) is written out instead of recorded by autograd. Each form
  of the loss has its own (`runner.losses`), so that a model dies at the same update.
- The step size multiplies the gradient of each example, so that each column can have its own. Where
  gradients are clipped, it multiplies their sum, whose norm decides the step.
- The gradient by W sums over the examples, the first axis of X. It is a convolution of size 1
  whose channels are the examples: oneDNN makes it one product, without transposing X.
- Several updates are compiled into one graph and cost one call. What changes from call to call is
  copied first, and the images always lie in the same buffers (`batches`): MXNet's engine is told of
  operations one by one where their arrays may be others in the next call, else of all as one.

Columns do not affect each other: every product sums over the pixels, examples or classes of one
column. Nor does the number of columns affect them: a stack is split into blocks of widths whose
products this machine sums in the same order (`product`). So a run has the same figures in a stack
as alone, bit for bit. Nor does the number of updates in a graph: the operations are the same.
"""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import mxnet as mx
import numpy as np
from mxnet import nd

from runner.losses import LOSSES, LossForm
from runner.records import Floats
from runner.training.batches import Batches
from runner.training.clipping import clip_factors
from runner.training.product import BLOCK, widths_that_sum_alike

ROWS_AT_ONCE = 2048
"""Examples times configurations whose losses are computed at once, if a batch holds fewer."""


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
    loss: str, block: Block, batches: Batches
) -> tuple[Block, tuple[nd.NDArray, nd.NDArray]]:
    """An SGD step on each of u batches of n examples, one after the other.

    Returns the updated block, and the losses (u n, k) and hits (u n, k) of the examples, each
    before the step of its batch. A hit is 1 where the class with the largest score is the label,
    else 0.
    """
    X, y, turn = batches
    sizes = block.step_sizes.shape[1], _classes(block), *y.shape
    clips, dtype = block.limits is not None, np.dtype(block.W.dtype).name
    W, b, losses, hits = _compiled(loss, *sizes, clips, dtype, turn)(X, y, *block)
    return block._replace(W=W, b=b), (losses, hits)


@lru_cache(maxsize=12 * BLOCK)
def _compiled(
    loss: str,
    width: int,
    classes: int,
    count: int,
    batch_size: int,
    clips: bool,
    dtype: str,
    turn: int,
) -> Callable[..., list[nd.NDArray]]:
    """The compiled graph of `count` updates on the batches of this turn, as a function.

    `clips` says whether of gradients.
    """
    of_batches = [mx.sym.var(f"X{number}") for number in range(count)]
    names = ("y", "W", "b", "step_sizes", *(["limits"] if clips else []))
    changing = [mx.sym.var(name) for name in names]
    graph = mx.sym.Group(
        _graph(mx.sym, loss, dtype, width, classes, batch_size, of_batches, *changing)
    )
    inputs = graph.list_inputs()
    places = [[*(one.name for one in of_batches), *names].index(name) for name in inputs]
    flags = [
        ("static_alloc", True),
        ("static_shape", True),
        # The engine is told of one operation, not of hundreds: a bulk is longer than any graph.
        ("forward_bulk_size", 10_000),
        ("param_indices", tuple(at for at, place in enumerate(places) if place < count)),
        ("data_indices", tuple(at for at, place in enumerate(places) if place >= count)),
    ]
    call = nd.CachedOp(graph, flags)

    def compiled(X: list[nd.NDArray], *changing: nd.NDArray) -> list[nd.NDArray]:
        arrays = [*X, *changing]
        outputs: list[nd.NDArray] = call(*(arrays[place] for place in places))
        return outputs

    return compiled


def _graph(
    F: Any,
    loss: str,
    dtype: str,
    width: int,
    classes: int,
    batch_size: int,
    batches: Sequence[Any],
    y: Any,
    W: Any,
    b: Any,
    step_sizes: Any,
    limits: Any = None,
) -> list[Any]:
    """The updated W and b, and the losses and hits of every example."""
    form, columns = LOSSES[loss], width * classes
    y = F.broadcast_axis(_cast(F, y, dtype).reshape((0, 0, 1)), axis=2, size=width)
    W, b, step_sizes = map(F.identity, (W, b, step_sizes))
    limits = None if limits is None else F.identity(limits)
    ones = F.ones((batch_size, 1), dtype=dtype)
    of_example = step_sizes if limits is None else F.ones_like(step_sizes)
    labels = F.split(y, num_outputs=len(batches), axis=0, squeeze_axis=True)
    seen = []
    for images, of_batch in zip(batches, labels, strict=True):
        X = _cast(F, images, dtype)
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
        seen.append((scores, of_batch))
    at_once = max(1, ROWS_AT_ONCE // (batch_size * width))
    found = [
        _losses_and_hits(F, form, seen[first : first + at_once])
        for first in range(0, len(seen), at_once)
    ]
    return [W, b, *(_joined(F, parts) for parts in zip(*found, strict=True))]


def _losses_and_hits(F: Any, form: LossForm, batches: Sequence[tuple[Any, Any]]) -> tuple[Any, Any]:
    """The losses and hits (u n, k) of u batches, from the scores and labels of each."""
    scores, y = (_joined(F, parts) for parts in zip(*batches, strict=True))
    largest = F.argmax(scores, axis=2)
    return form.stacked_losses(F, scores, y, largest), F.broadcast_equal(largest, y)


def _joined(F: Any, parts: Sequence[Any]) -> Any:
    """A single part stays itself, so that MXNet computes a softmax of it once."""
    return parts[0] if len(parts) == 1 else F.concat(*parts, dim=0)


def _cast(F: Any, array: Any, dtype: str) -> Any:
    """The values of a float32 array in `dtype`."""
    return array if dtype == "float32" else F.cast(array, dtype=dtype)


def _classes(block: Block) -> int:
    classes: int = block.b.shape[0] // block.step_sizes.shape[1]
    return classes


def _logits(F: Any, width: int, classes: int, X: Any, W: Any, b: Any) -> Any:
    """The logits (n, k, 10) of images X, (n, 784) or (1, n, 784)."""
    whole = F.FullyConnected(X, W, b, num_hidden=width * classes, flatten=False)
    return whole.reshape((-1, width, classes))


def _by_pixels(F: Any, columns: int, step: Any, X: Any) -> Any:
    """step X (10 k, 784) for steps (10 k, n) and X (1, n, 784), an image of n channels."""
    weight = F.expand_dims(step, axis=2)
    summed = F.Convolution(X, weight, kernel=(1,), num_filter=columns, no_bias=True)
    return summed.reshape((columns, -1))
