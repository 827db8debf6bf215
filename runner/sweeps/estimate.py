"""Estimates how long runs will take and how much they will write.

Time comes from timing a few updates on this machine, on random images: an update's duration does
not depend on its values. Disk space comes from measured runs.
"""

import time
from collections.abc import Sequence

import numpy as np

from runner.configuration import Configuration
from runner.data import Split

TIMED_UPDATES = 20
TIMED_EXAMPLES = 5120

BYTES_PER_RUN, BYTES_PER_EPOCH = 135_000, 1_900
"""Measured on a file system with blocks of 4096 bytes: 30 runs of 1 epoch, then 30 of 21."""


def disk_of(configuration: Configuration) -> int:
    """The bytes that a run writes to the store, its artifacts and its output folder."""
    return BYTES_PER_RUN + BYTES_PER_EPOCH * configuration.epochs


def times_of(configurations: Sequence[Configuration]) -> list[float]:
    """The seconds that each run would train here on its own; less if it diverges and stops."""
    if not configurations:
        return []
    per_test_example = _seconds_per_epoch(256, "log_softmax", 256, TIMED_EXAMPLES) / TIMED_EXAMPLES
    per_update: dict[tuple[int, str], float] = {}
    times = []
    for one in configurations:
        kind = (one.batch_size, one.loss)
        if kind not in per_update:
            updates = max(1, min(TIMED_UPDATES, TIMED_EXAMPLES // one.batch_size))
            per_update[kind] = _seconds_per_epoch(*kind, updates * one.batch_size, 1) / updates
        updates = -(-one.train_limit // one.batch_size)
        epoch = updates * per_update[kind] + one.test_limit * per_test_example
        times.append(one.epochs * epoch)
    return times


def _seconds_per_epoch(batch_size: int, loss: str, train_count: int, test_count: int) -> float:
    """The duration of a second epoch on random examples; the first is a warm-up."""
    from runner.training import Column, initial_parameters, train  # MXNet: slow to import

    records = train(
        _random_split(train_count),
        _random_split(test_count),
        [Column(1e-6, *initial_parameters("mxnet", 0, 0.01), stop_on_divergence=False)],
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


def _random_split(count: int) -> Split:
    draw = np.random.RandomState(0)
    images = draw.random_sample((count, 28, 28)).astype(np.float32)
    return Split(images, draw.randint(0, 10, count).astype(np.float32))
