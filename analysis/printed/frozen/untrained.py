"""Untrained models simulated: what a model that never moves prints, epoch after epoch.

W and b are drawn as the lesson draws them. Of each shuffle only the last batch is drawn, because
on nothing else does a frozen model's mean of batch means depend.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.printed.frozen.lattice import last_batch_size
from analysis.statistics import Floats

Pixels = npt.NDArray[np.float32]

CLASSES = 10
CANDIDATES = 50  # models drawn at once; about 20 pass, 2.4 MB each at 60,000 images
DRAWS_PER_MODEL = 50
"""Draws after which, for each model wanted, there are too few finite ones to go on."""

LARGEST = 4096  # the images of largest norm: they reject most doomed models cheaply


class FewFiniteError(Exception):
    """Hardly any untrained model has finite gradients, so that none can stay as it is."""


@dataclass(frozen=True)
class Untrained:
    """K untrained models whose gradients are finite, and S shuffles of each.

    - `examples`, `batch_size`: the number of training examples, all in and in a batch;
    - `loss`, `accuracy` (K, 1): means over all training examples;
    - `last_loss`, `last_accuracy` (K, S): means over the last batch of each shuffle;
    - `test_accuracy`, `test_accuracy_pooled` (K, 1): mean of batch means, and plain mean.
    """

    examples: int
    batch_size: int
    loss: Floats
    accuracy: Floats
    last_loss: Floats
    last_accuracy: Floats
    test_accuracy: Floats
    test_accuracy_pooled: Floats

    @property
    def train_loss(self) -> Floats:
        """The training loss of each shuffle as a mean of batch means, (K, S)."""
        return self._batch_mean(self.loss, self.last_loss)

    @property
    def train_accuracy(self) -> Floats:
        """The training accuracy of each shuffle as a mean of batch means, (K, S)."""
        return self._batch_mean(self.accuracy, self.last_accuracy)

    def of(self, models: npt.NDArray[np.intp]) -> "Untrained":
        """These models of the K alone."""
        figures: dict[str, Any] = {
            name: value[models]
            for name, value in vars(self).items()
            if isinstance(value, np.ndarray)
        }
        return replace(self, **figures)

    def _batch_mean(self, mean: Floats, last_mean: Floats) -> Floats:
        last = last_batch_size(self.examples, self.batch_size)
        full = (mean * self.examples - last_mean * last) / self.batch_size  # sum of their means
        return (full + last_mean) / ((self.examples - last) / self.batch_size + 1)


def simulate(
    train: tuple[Pixels, Pixels],
    test: tuple[Pixels, Pixels],
    generator: np.random.Generator,
    *,
    models: int,
    shuffles: int,
    batch_size: int = 256,
    init_sigma: float = 1.0,
) -> Untrained:
    """Draw models until `models` of them have finite gradients; shuffle each `shuffles` times.

    Arguments
    - train, test: images (n, 28, 28) or (n, 784) in 0..1 and labels (n,), as `runner.data` has
      them;
    - generator: draws parameters and shuffles.

    A model counts if the gradients of loss `pick_log` are finite in float32: no exponential
    overflows, no probability is 0 and no 1/p overflows, in any class of any training image. A
    step size of 0 turns all others into nan, because 0 * nan is nan.

    Raises `FewFiniteError` where fewer than one in fifty does.
    """
    images, labels = _flat(train)
    test_images, test_labels = _flat(test)
    largest = images[np.argsort(-np.linalg.norm(images, axis=1), kind="stable")[:LARGEST]]
    last = last_batch_size(len(images), batch_size)
    chunks: list[tuple[Floats, ...]] = []
    drawn = 0
    while sum(len(chunk[0]) for chunk in chunks) < models:
        if drawn >= models * DRAWS_PER_MODEL:
            raise FewFiniteError
        drawn += CANDIDATES
        shape = (CANDIDATES, CLASSES, images.shape[1])
        W = generator.standard_normal(shape, dtype=np.float32) * np.float32(init_sigma)
        b = generator.standard_normal(shape[:2], dtype=np.float32) * np.float32(init_sigma)
        hopeful = finite_gradients(probabilities(largest, W, b))
        p = probabilities(images, W[hopeful], b[hopeful])
        finite = finite_gradients(p)
        if not finite.any():
            continue
        losses, hits = _losses_and_hits(p[finite], labels)
        tested = probabilities(test_images, W[hopeful][finite], b[hopeful][finite])
        test_hits = _losses_and_hits(tested, test_labels)[1]
        rows = [
            [generator.choice(len(images), last, replace=False) for _ in range(shuffles)]
            for _ in losses
        ]
        of_model = np.arange(len(losses))[:, None, None]
        chunks.append(
            (
                losses.mean(axis=1, keepdims=True, dtype=np.float64),
                hits.mean(axis=1, keepdims=True),
                losses[of_model, rows].mean(axis=2, dtype=np.float64),
                hits[of_model, rows].mean(axis=2),
                _batch_mean(test_hits, batch_size),
                test_hits.mean(axis=1, keepdims=True),
            )
        )
    figures = (np.concatenate(parts)[:models] for parts in zip(*chunks, strict=True))
    return Untrained(len(images), batch_size, *figures)


def rows_of_epochs(figures: Floats, epochs: int) -> Floats:
    """Figures of S shuffles (K, S) as rows of epochs (K, S // epochs, epochs)."""
    rows = figures.shape[1] // epochs
    return figures[:, : rows * epochs].reshape(-1, rows, epochs)


def probabilities(X: Pixels, W: Pixels, b: Pixels) -> Pixels:
    """The lesson's softmax in float32, no maximum subtracted, of many models at once.

    Arguments: images X (n, 784), W (k, 10, 784), b (k, 10). Returns (k, 10, n).
    """
    p: Pixels = (W.reshape(-1, W.shape[2]) @ X.T).reshape(*b.shape, len(X))
    p += b[:, :, None]  # in place throughout: fresh memory would double the time
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        np.exp(p, out=p)
        p /= p.sum(axis=1, keepdims=True)
    return p


def finite_gradients(p: Pixels) -> npt.NDArray[np.bool_]:
    """Whether 1/p is finite for all probabilities p (k, 10, n) of a model; (k,)."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        finite: npt.NDArray[np.bool_] = np.isfinite(1 / p.min(axis=(1, 2)))
    return finite


def _flat(split: tuple[Pixels, Pixels]) -> tuple[Pixels, npt.NDArray[np.intp]]:
    images, labels = split
    return images.reshape(len(images), -1), labels.astype(np.intp)


def _losses_and_hits(
    p: Pixels, labels: npt.NDArray[np.intp]
) -> tuple[Pixels, npt.NDArray[np.bool_]]:
    of_label = p[:, labels, np.arange(len(labels))]
    with np.errstate(divide="ignore"):  # a test image may have a probability of 0
        return -np.log(of_label), p.argmax(axis=1) == labels


def _batch_mean(hits: npt.NDArray[np.bool_], batch_size: int) -> Floats:
    starts = np.arange(0, hits.shape[1], batch_size)
    sizes = np.diff(np.append(starts, hits.shape[1]))
    batches = np.add.reduceat(hits.astype(np.float64), starts, axis=1)
    means: Floats = (batches / sizes).mean(axis=1, keepdims=True)
    return means
