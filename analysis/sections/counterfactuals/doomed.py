"""Doomed models: those with a gradient that is not finite before the first update."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from runner.losses import LOSSES

Images = npt.NDArray[np.float32]

SAFE = 80.0
"""Logits within this of 0 and of each other are sound: e^80 and 256 e^80 are finite in float32."""

TOGETHER, MOST_LOGITS = 16, 16 * 600_000
"""Models whose logits are computed together: reading the images is what takes the time."""


def doomed_seeds(
    images: Images, labels: Images, parameters: Mapping[int, tuple[Images, Images]]
) -> pd.DataFrame:
    """The number of training examples with a gradient that is not finite, before any update.

    `parameters` are W (pixels, classes) and b (classes,) by seed. One row per seed, one column per form of
    the loss. A seed with any such example is doomed: its run diverges when the example comes,
    at whatever learning rate, unless the parameters have moved away from it by then.
    """
    counts = {}
    seeds = list(parameters)
    classes = max((len(b) for _, b in parameters.values()), default=1)
    together = max(1, min(TOGETHER, MOST_LOGITS // (len(images) * classes)))
    for start in range(0, len(seeds), together):
        several = seeds[start : start + together]
        risky = _risky(images, [parameters[seed] for seed in several])
        for seed, rows in zip(several, risky, strict=True):
            found = doomed_examples(images[rows], labels[rows], *parameters[seed])
            counts[seed] = {loss: int(np.count_nonzero(one)) for loss, one in found.items()}
    return pd.DataFrame.from_dict(counts, orient="index")


def _risky(images: Images, models: list[tuple[Images, Images]]) -> list[npt.NDArray[np.intp]]:
    """The examples of each model whose logits are not safe: the only ones that may be doomed."""
    W, b = (np.stack(arrays, axis=-1) for arrays in zip(*models, strict=True))
    logits = (images @ W.reshape(len(W), -1)).reshape(len(images), *b.shape)
    logits += b
    top, low = logits.max(axis=1), logits.min(axis=1)
    safe = (top <= SAFE) & (low >= -SAFE) & (top - low <= SAFE)
    return [np.flatnonzero(~column) for column in safe.T]


def doomed_examples(
    images: Images, labels: Images, W: Images, b: Images
) -> dict[str, npt.NDArray[np.bool_]]:
    """Which examples have a loss or gradient that is not finite, for each form of the loss.

    `images` (n, pixels) and `labels` (n,) are float32, `W` (pixels, classes) and `b` (classes,) the
    parameters, in whose dtype everything is computed, as in a run (see `LossForm.finite_examples`).

    Returns an array of bool (n,) by the name of the form.
    """
    logits = images @ W + b
    return {name: ~form.finite_examples(logits, labels) for name, form in LOSSES.items()}
