"""Estimates how long runs will take and how much they will write.

Time comes from timing a few updates on this machine, on random images: an update's duration does
not depend on its values. Disk space comes from measured runs.
"""

import math
import time
from collections.abc import Sequence

import numpy as np

from runner.configuration import Configuration
from runner.data import LESSON_SHAPE, DataSet, Split

TIMED_UPDATES = 20
TIMED_EXAMPLES = 5120

BYTES_PER_RUN, BYTES_PER_EPOCH, BYTES_PER_WEIGHT = 135_000, 1_900, 8
"""Measured on a file system with blocks of 4096 bytes: 30 runs of 1 epoch, then 30 of 21,
with the lesson's W. W is written untrained and trained, in float32; in float64 it takes twice that.
"""


def disk_of(configuration: Configuration) -> int:
    """The bytes that a run writes to the store, its artifacts and its output folder."""
    weights = math.prod(configuration.data_set.weights_shape)
    weights *= 2 if configuration.dtype == "float64" else 1
    weights -= math.prod(LESSON_SHAPE)
    return BYTES_PER_RUN + BYTES_PER_EPOCH * configuration.epochs + BYTES_PER_WEIGHT * weights


def times_of(configurations: Sequence[Configuration]) -> list[float]:
    """The seconds that each run would train here on its own; less if it diverges and stops."""
    if not configurations:
        return []
    data_set = configurations[0].data_set  # a command has one
    per_test_example = {
        dtype: _seconds_per_epoch(data_set, 256, "log_softmax", dtype, 256, TIMED_EXAMPLES)
        / TIMED_EXAMPLES
        for dtype in {one.dtype for one in configurations}
    }
    per_update: dict[tuple[int, str, str], float] = {}
    times = []
    for one in configurations:
        kind = (one.batch_size, one.loss, one.dtype)
        if kind not in per_update:
            updates = max(1, min(TIMED_UPDATES, TIMED_EXAMPLES // one.batch_size))
            per_update[kind] = (
                _seconds_per_epoch(data_set, *kind, updates * one.batch_size, 1) / updates
            )
        updates = -(-one.train_limit // one.batch_size)
        epoch = updates * per_update[kind] + one.test_limit * per_test_example[one.dtype]
        times.append(one.epochs * epoch)
    return times


def _seconds_per_epoch(
    data_set: DataSet, batch_size: int, loss: str, dtype: str, train_count: int, test_count: int
) -> float:
    """The duration of a second epoch on random examples; the first is a warm-up."""
    from runner.training import Column, initial_parameters, train  # MXNet: slow to import

    parameters = initial_parameters("mxnet", 0, 0.01, 0, data_set.weights_shape, dtype)
    records = train(
        _random_split(data_set, train_count),
        _random_split(data_set, test_count),
        [Column(1e-6, *parameters, stop_on_divergence=False)],
        batch_size=batch_size,
        epochs=2,
        order_seed=0,
        loss=loss,
    )
    next(records)
    next(records)
    begin = time.perf_counter()
    next(records)
    return time.perf_counter() - begin


def _random_split(data_set: DataSet, count: int) -> Split:
    draw = np.random.RandomState(0)
    images = draw.random_sample((count, *data_set.shape)).astype(np.float32)
    return Split(images, draw.randint(0, len(data_set.labels), count).astype(np.float32))
