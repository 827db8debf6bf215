"""One training: plain values and arrays in, one record per epoch out.

The trainer knows nothing of Hydra or MLflow.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from mxnet import autograd, nd

from runner.data import Split
from runner.errors import InputError
from runner.lesson import (
    CLASSES,
    LOSSES,
    PIXELS,
    LossForm,
    accuracy,
    cross_entropy_log_softmax,
    init_parameters,
    log_net,
    sgd,
)

Floats = npt.NDArray[Any]
"""An array of float32 or float64."""

Parameters = tuple[nd.NDArray, nd.NDArray]
"""W (784, 10) and b (10,), each with a gradient attached."""


@dataclass(frozen=True)
class Record:
    """What is known after `epoch` completed epochs; epoch 0 is the untrained model.

    `metrics` holds `test_loss` (always by log-softmax), `test_acc` and `test_acc_batch_mean`
    and, for a trained epoch, `train_loss`, `train_acc`, `train_loss_batch_mean` and
    `train_acc_batch_mean`, taken while the parameters move. Without suffix: the mean over
    examples (pooled); `_batch_mean`: the article's mean of per-batch means.

    `diverged_update` is the number of updates completed before the first non-finite loss,
    None while all losses and parameters are finite. `last_finite_batch_loss` is the mean
    loss of the last batch before that. `W` (784, 10) and `b` (10,) are the parameters.
    """

    epoch: int
    metrics: dict[str, float]
    W: Floats
    b: Floats
    diverged_update: int | None = None
    last_finite_batch_loss: float | None = None


def train(
    train_split: Split,
    test_split: Split,
    *,
    step_size: float,
    batch_size: int,
    epochs: int,
    seed: int,
    order_seed: int,
    loss: str,
    init_sigma: float,
    stop_on_divergence: bool,
) -> Iterator[Record]:
    """Train softmax regression by plain SGD and yield a record per epoch, step 0 first.

    The parameters are drawn after `mx.random.seed(seed)`; the order of the training examples
    is one permutation per epoch from `numpy.random.RandomState(order_seed)`, which is what
    gluon's DataLoader draws after `numpy.random.seed(order_seed)`. The last batch is kept
    although it may be smaller, and is multiplied by the same `step_size`.

    After the first non-finite loss or parameter, the record of that epoch says so; then the
    training ends, or goes on over all epochs where `stop_on_divergence` is false.

    Raises `InputError` where this machine's matrix product is wrong.
    """
    check_product()
    form = LOSSES[loss]
    images, labels = to_mxnet(train_split)
    test_images, test_labels = to_mxnet(test_split)
    orders = np.random.RandomState(order_seed)
    starts = range(0, len(train_split.labels), batch_size)
    parameters = init_parameters(seed, init_sigma)
    for param in parameters:
        param.attach_grad()

    def test_metrics() -> dict[str, float]:
        hits = accuracy(form.net(test_images, *parameters), test_labels).asnumpy()
        losses = cross_entropy_log_softmax(log_net(test_images, *parameters), test_labels)
        return {
            "test_loss": _mean(losses.asnumpy()),
            "test_acc": _mean(hits),
            "test_acc_batch_mean": _mean(_batch_means(hits, batch_size)),
        }

    W, b = (param.asnumpy() for param in parameters)
    yield Record(0, test_metrics(), W, b)
    diverged_update: int | None = None
    last_finite_batch_loss: float | None = None
    for epoch in range(1, epochs + 1):
        # Nothing in the loop over batches asks for a value: MXNet computes behind it, undisturbed.
        order = nd.array(orders.permutation(len(train_split.labels)), dtype="int32")
        epoch_labels = nd.take(labels, order)
        batch_losses, batch_hits = [], []
        for start in starts:
            batch = slice(start, start + batch_size)
            X, y = nd.take(images, order[batch]), epoch_labels[batch]
            losses, scores = update(form, parameters, X, y, step_size)
            batch_losses.append(losses)
            batch_hits.append(accuracy(scores, y))
        losses_seen = nd.concat(*batch_losses, dim=0).asnumpy()
        hits_seen = nd.concat(*batch_hits, dim=0).asnumpy()
        loss_means = _batch_means(losses_seen, batch_size)
        metrics = test_metrics() | {
            "train_loss": _mean(losses_seen),
            "train_acc": _mean(hits_seen),
            "train_loss_batch_mean": _mean(loss_means),
            "train_acc_batch_mean": _mean(_batch_means(hits_seen, batch_size)),
        }
        W, b = (param.asnumpy() for param in parameters)
        if diverged_update is None:
            finite = np.isfinite(loss_means)
            sound_updates = len(starts) if finite.all() else int(finite.argmin())
            if sound_updates > 0:
                last_finite_batch_loss = float(loss_means[sound_updates - 1])
            if not _all_finite(loss_means, W, b, metrics["test_loss"]):
                diverged_update = (epoch - 1) * len(starts) + sound_updates
        yield Record(epoch, metrics, W, b, diverged_update, last_finite_batch_loss)
        if stop_on_divergence and diverged_update is not None:
            return


def update(
    form: LossForm, parameters: Parameters, X: nd.NDArray, y: nd.NDArray, step_size: float
) -> tuple[nd.NDArray, nd.NDArray]:
    """One SGD step on images X (n, 784) and labels y (n,), in place.

    Returns the losses (n,) and the scores (n, 10) of the parameters before the step.
    """
    with autograd.record():
        scores = form.net(X, *parameters)
        losses = form.cross_entropy(scores, y)
    losses.backward()
    sgd(parameters, step_size)
    return losses, scores


def check_product() -> None:
    """Compare this machine's float32 products with exact sums; `InputError` where they differ.

    The factors are small whole numbers, so every float32 sum of products is exact whatever
    its order. Both forms the trainer uses are checked: X W and X^T G.
    """
    draw = np.random.RandomState(0)
    X = draw.randint(-8, 9, size=(256, PIXELS))
    W = draw.randint(-8, 9, size=(PIXELS, CLASSES))
    G = draw.randint(-8, 9, size=(256, CLASSES))
    forward = nd.dot(nd.array(X), nd.array(W)).asnumpy()
    backward = nd.dot(nd.array(X), nd.array(G), transpose_a=True).asnumpy()
    if not (np.array_equal(forward, X @ W) and np.array_equal(backward, X.T @ G)):
        raise InputError(
            "MXNet's matrix product is wrong on this machine (a small product differs from the "
            "exact sum); unset OPENBLAS_CORETYPE or set it to Haswell, and start again"
        )


def to_mxnet(split: Split) -> tuple[nd.NDArray, nd.NDArray]:
    """The images (n, 784) and labels (n,) as NDArrays that share the split's memory."""
    images = split.images.reshape(-1, PIXELS)
    return nd.from_numpy(images, zero_copy=True), nd.from_numpy(split.labels, zero_copy=True)


def _all_finite(*values: Floats | float) -> bool:
    return all(np.isfinite(value).all() for value in values)


def _mean(values: Floats) -> float:
    """The mean in float64; inf and nan pass through without a warning."""
    with np.errstate(invalid="ignore"):
        return float(values.mean(dtype=np.float64))


def _batch_means(values: Floats, batch_size: int) -> Floats:
    """The mean of each batch of one value per example; the last batch may be smaller."""
    starts = np.arange(0, len(values), batch_size)
    sizes = np.diff(np.append(starts, len(values)))
    with np.errstate(invalid="ignore"):
        means: Floats = np.add.reduceat(values.astype(np.float64), starts) / sizes
    return means
