"""The lesson's update for a stack of configurations at once, in few operations.

The mathematics is `lesson`'s; n is the number of examples of a batch, k that of configurations.

- The gradient by the logits (n, k, 10) is written out instead of recorded. For the two naive
  forms it is the chain rule factor by factor, as autograd multiplies it: 1/p, the square of
  the partition sum, and 0 * 1/p of every class for `pick_log`. A factor that overflows or
  underflows there does so here, so that a model dies at the same update.
- The step size multiplies the gradient of each example, so that each column has its own.
- The operations of an update are compiled into one graph, which costs one call.

Columns do not touch each other: every product sums over the pixels, examples or classes of one
column. And a column does not depend on how many there are: oneDNN's products sum in the same
order for 16 to 100 columns (seen on a CPU with AVX-512, for batches of 1 to 10,000), so wider
stacks are cut into blocks and a narrower gradient is filled up. A stack thus gives a run's own
figures, bit for bit.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import mxnet as mx
import numpy as np
from mxnet import nd

from runner.lesson import CLASSES, PIXELS
from runner.means import Floats

BLOCK = 10
"""Most configurations in one product: 100 columns."""

FEWEST_COLUMNS = 16


class Block(NamedTuple):
    """Up to `BLOCK` configurations, one below the other: W (10 k, 784), b (10 k,).

    `step_sizes` is (1, k, 1).
    """

    W: nd.NDArray
    b: nd.NDArray
    step_sizes: nd.NDArray


def blocks_of(
    parameters: Sequence[tuple[Floats, Floats]], step_sizes: Sequence[float]
) -> list[Block]:
    """Put W (784, 10) and b (10,) of each configuration into blocks of about equal width."""
    places = np.array_split(np.arange(len(parameters)), -(-len(parameters) // BLOCK))
    return [
        Block(
            nd.array(np.concatenate([parameters[place][0].T for place in block])),
            nd.array(np.concatenate([parameters[place][1] for place in block])),
            nd.array([step_sizes[place] for place in block]).reshape((1, -1, 1)),
        )
        for block in places
    ]


def parameters_of(blocks: Sequence[Block]) -> list[tuple[Floats, Floats]]:
    """W (784, 10) and b (10,) of each configuration; waits for what is under way."""
    W = np.concatenate([block.W.asnumpy() for block in blocks])
    b = np.concatenate([block.b.asnumpy() for block in blocks])
    parts = [slice(start, start + CLASSES) for start in range(0, len(b), CLASSES)]
    return [(np.ascontiguousarray(W[part].T), b[part].copy()) for part in parts]


def logits(X: nd.NDArray, block: Block) -> nd.NDArray:
    """The logits (n, k, 10) of images X (n, 784)."""
    return _logits(nd, block.step_sizes.shape[1], X, block.W, block.b)


def update(
    loss: str, block: Block, X: nd.NDArray, XT: nd.NDArray, y: nd.NDArray
) -> tuple[Block, nd.NDArray, nd.NDArray]:
    """One SGD step on images X (n, 784), also given as XT (784, n), and labels y (n,).

    Returns the moved block, and of the parameters before the step the losses (n, k) and the
    hits (n, k): 1 where the class with the largest score is the label.
    """
    compiled = _compiled(loss, block.step_sizes.shape[1])
    W, b, losses, hits = compiled(X, XT, y, *block)
    return Block(W, b, block.step_sizes), losses, hits


@lru_cache(maxsize=3 * BLOCK)
def _compiled(loss: str, width: int) -> Callable[..., list[nd.NDArray]]:
    """The graph of an update as one call."""
    names = ("X", "XT", "y", "W", "b", "step_sizes")
    graph = mx.sym.Group(_graph(mx.sym, loss, width, *map(mx.sym.var, names)))
    places = [names.index(name) for name in graph.list_inputs()]
    call = nd.CachedOp(graph, [("static_alloc", True)])

    def compiled(*arrays: nd.NDArray) -> list[nd.NDArray]:
        outputs: list[nd.NDArray] = call(*(arrays[place] for place in places))
        return outputs

    return compiled


def _graph(
    F: Any, loss: str, width: int, X: Any, XT: Any, y: Any, W: Any, b: Any, step_sizes: Any
) -> list[Any]:
    """The moved W and b, the losses and the hits."""
    labels = F.broadcast_axis(y.reshape((-1, 1)), axis=1, size=width)
    form = _log_softmax if loss == "log_softmax" else _naive
    losses, largest, step = form(F, loss, _logits(F, width, X, W, b), labels, step_sizes)
    step = F.transpose(step.reshape((-1, width * CLASSES)))
    return [W - _by_pixels(F, width, step, XT), b - _by_ones(F, step), losses, largest == labels]


def _logits(F: Any, width: int, X: Any, W: Any, b: Any) -> Any:
    columns = width * CLASSES
    return F.FullyConnected(X, W, b, num_hidden=columns).reshape((-1, width, CLASSES))


def _by_pixels(F: Any, width: int, step: Any, XT: Any) -> Any:
    """step X (10 k, 784) of steps (10 k, n); `FullyConnected` transposes its second factor."""
    missing = FEWEST_COLUMNS - width * CLASSES
    if missing <= 0:
        return F.FullyConnected(step, XT, num_hidden=PIXELS, no_bias=True)
    rows = F.concat(step, F.zeros_like(F.slice_axis(step, axis=0, begin=0, end=missing)), dim=0)
    product = F.FullyConnected(rows, XT, num_hidden=PIXELS, no_bias=True)
    return F.slice_axis(product, axis=0, begin=0, end=width * CLASSES)


def _by_ones(F: Any, step: Any) -> Any:
    """The sum over the examples (10 k,) of steps (10 k, n), as a product: faster than a sum."""
    ones = F.ones_like(F.slice_axis(step, axis=0, begin=0, end=1))
    return F.dot(step, ones, transpose_b=True).reshape((-1,))


def _log_softmax(
    F: Any, loss: str, logits: Any, labels: Any, step_sizes: Any
) -> tuple[Any, Any, Any]:
    """log p of the label from that of the likeliest class, which is at least 1/10."""
    p = F.softmax(logits)
    largest = F.argmax(logits, axis=2)
    behind = F.pick(logits, largest) - F.pick(logits, labels)
    step = F.broadcast_mul(p - F.one_hot(labels, CLASSES), step_sizes)
    return behind - F.log(F.pick(p, largest)), largest, step


def _naive(F: Any, loss: str, logits: Any, labels: Any, step_sizes: Any) -> tuple[Any, Any, Any]:
    """The lesson's softmax without a maximum, and the factors of its chain rule.

    With e = e^logit, s their sum, p = e / s and the label's 1/p = u, the gradient by e is
    u * e_label / s^2 for every class, and -u / s more for the label; by the logit, times e.
    """
    e = F.exp(logits)
    s = F.dot(e, F.ones((CLASSES, 1)))
    p = F.broadcast_div(e, s)
    p_label = F.pick(p, labels, keepdims=True)
    e_label = F.pick(e, labels, keepdims=True)
    u = F.reciprocal(p_label)
    every = u * (e_label / (s * s))
    if loss == "pick_log":  # the gradient of log(p) holds 0 * 1/p of the other classes: 0 or nan
        every = every + F.dot(F.reciprocal(p), F.zeros((CLASSES, 1)))
    of_label = u * F.reciprocal(s) * e_label
    step = F.broadcast_mul(e, F.broadcast_mul(every, step_sizes)) - F.broadcast_mul(
        F.one_hot(labels, CLASSES), F.broadcast_mul(of_label, step_sizes)
    )
    return F.squeeze(-F.log(p_label), axis=2), F.argmax(p, axis=2), step
