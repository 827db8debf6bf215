"""The estimators of the study: pooled means and the article's means of batch means."""

import numpy as np

from runner.records import Floats


def pooled(values: Floats) -> Floats:
    """The mean over examples (the last axis) in float64; inf and nan pass through silently."""
    with np.errstate(invalid="ignore"):
        means: Floats = values.mean(axis=-1, dtype=np.float64)
    return means


def batch_means(values: Floats, batch_size: int) -> Floats:
    """The mean of each batch of examples (the last axis) in float64; the last may be smaller."""
    starts = np.arange(0, values.shape[-1], batch_size)
    sizes = np.diff(np.append(starts, values.shape[-1]))
    with np.errstate(invalid="ignore"):
        sums = np.add.reduceat(values, starts, axis=-1, dtype=np.float64)
        means: Floats = sums / sizes
    return means
