"""Clips a gradient by its norm, as PyTorch's `torch.nn.utils.clip_grad_norm_` does."""

from typing import Any

from mxnet import nd

ADDED = 1e-6
"""What PyTorch adds to the norm before it divides by it."""


def clip_factors(F: Any, squared_norms: Any, limits: Any) -> Any:
    """What gradients are multiplied by: limit / (norm + 1e-6), at most 1.

    `F` is `mx.nd` or `mx.sym`; the arrays have one shape. No gradient that is not finite is
    made finite: where its norm is nan, so is the factor; where it is infinite, the factor is 0, and
    0 * inf is nan.
    """
    return F.clip(limits / (F.sqrt(squared_norms) + ADDED), 0, 1)


def clip_gradients(parameters: tuple[nd.NDArray, ...], limit: float, batch_size: int) -> None:
    """Scale gradients of the summed loss, in place, so that the mean's norm is at most `limit`.

    The norm is the Euclidean one of all parameters together, the mean that over `batch_size`
    examples.
    """
    squares = [nd.square(param.grad / batch_size).sum() for param in parameters]
    factor = clip_factors(nd, nd.add_n(*squares), nd.array([limit], dtype=parameters[0].dtype))
    for param in parameters:
        param.grad[:] = param.grad * factor
