"""The metrics of an epoch for every column of a stack, on the test images and while training."""

from collections.abc import Sequence

import numpy as np
from mxnet import nd

from runner.data import Split
from runner.losses import LOSSES
from runner.records import Floats
from runner.training.lesson import accuracy
from runner.training.means import batch_means, pooled
from runner.training.stack_update import Block, logits

SLICE = 2000
"""Test images whose logits are in memory at a time."""


def test_figures(
    loss: str, blocks: Sequence[Block], test_split: Split, batch_size: int
) -> list[dict[str, float]]:
    """`test_loss`, `test_acc` and `test_acc_batch_mean` of each column."""
    images, labels = to_mxnet(test_split)
    dtype = blocks[0].W.dtype
    labels = labels.astype(dtype, copy=False)
    slices = [slice(at, at + SLICE) for at in range(0, len(test_split.labels), SLICE)]
    parts: list[list[tuple[nd.NDArray, nd.NDArray]]] = [[] for _ in blocks]
    for block, seen in zip(blocks, parts, strict=True):
        width = block.step_sizes.shape[1]
        for part in slices:
            of_block, y = (
                logits(images[part].astype(dtype, copy=False), block),
                labels[part].repeat(width),
            )
            rows = of_block.reshape((-1, of_block.shape[2]))
            losses = -nd.pick(nd.log_softmax(rows), y)
            hits = accuracy(LOSSES[loss].scores(nd, rows), y)
            seen.append((losses.reshape((-1, width)), hits.reshape((-1, width))))
    losses, hits = gather(parts)
    return _by_column(
        test_loss=pooled(losses),
        test_acc=pooled(hits),
        test_acc_batch_mean=pooled(batch_means(hits, batch_size)),
    )


def train_figures(
    loss: str, losses: Floats, hits: Floats, batch_size: int
) -> list[dict[str, float]]:
    """`train_loss`, `train_acc` and their `_batch_mean`, from losses (k, n) and hits (k, n).

    Of a form that has silent examples also `train_silent`, how many of the n were (see `LossForm`).
    """
    silent_loss = LOSSES[loss].silent_loss
    silent = {}
    if silent_loss is not None:
        silent["train_silent"] = (losses >= silent_loss).sum(axis=-1)
    return _by_column(
        train_loss=pooled(losses),
        train_acc=pooled(hits),
        train_loss_batch_mean=pooled(batch_means(losses, batch_size)),
        train_acc_batch_mean=pooled(batch_means(hits, batch_size)),
        **silent,
    )


def gather(parts: Sequence[Sequence[tuple[nd.NDArray, nd.NDArray]]]) -> tuple[Floats, Floats]:
    """Collect losses (k, n) and hits (k, n) from each block's batches; waits for MXNet.

    A column's values are contiguous in memory, so that their sum does not depend on k.
    """
    losses, hits = (
        np.concatenate([nd.concat(*batches, dim=0).T.asnumpy() for batches in blocks])
        for blocks in zip(*(zip(*seen, strict=True) for seen in parts), strict=True)
    )
    return losses, hits


def to_mxnet(split: Split) -> tuple[nd.NDArray, nd.NDArray]:
    """The images (n, 784) and labels (n,) as NDArrays that share the split's memory."""
    images = split.images.reshape(len(split.labels), -1)
    return nd.from_numpy(images, zero_copy=True), nd.from_numpy(split.labels, zero_copy=True)


def _by_column(**figures: Floats) -> list[dict[str, float]]:
    columns = zip(*(values.tolist() for values in figures.values()), strict=True)
    return [dict(zip(figures, column, strict=True)) for column in columns]
