"""Trains stacks, in this process or spread over several."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, as_completed

from joblib.externals.loky import ProcessPoolExecutor

from runner import data
from runner.configuration import Configuration
from runner.process import THREADS, follow_commander
from runner.records import Trained


def process_count(n_jobs: int) -> int:
    """The number of processes for `n_jobs`; -1 means one per core."""
    return len(os.sched_getaffinity(0)) if n_jobs == -1 else n_jobs


def train_stacks(
    stacks: Sequence[Sequence[Configuration]], data_root: str | None, n_jobs: int
) -> Iterator[tuple[int, list[Trained] | Exception]]:
    """Train each stack in one process; yield its position and result as it ends.

    Each process computes in one thread, unless the environment sets `OMP_NUM_THREADS`. If one
    process is enough, none is started. If a stack raises, its error is yielded as the result.

    Raises `BrokenExecutor` if a process was killed.
    """
    processes = min(process_count(n_jobs), len(stacks))
    if processes <= 1:
        for position, stack in enumerate(stacks):
            try:
                result: list[Trained] | Exception = _train(stack, data_root)
            except Exception as error:
                result = error
            yield position, result
        return
    # loky does not fork: MXNet can hang after a fork.
    executor = ProcessPoolExecutor(
        processes, initializer=follow_commander, env={THREADS: os.environ.get(THREADS) or "1"}
    )
    try:
        positions = {
            executor.submit(_train, stack, data_root): position
            for position, stack in enumerate(stacks)
        }
        for future in as_completed(positions):
            try:
                result = future.result()
            except BrokenExecutor:
                raise
            except Exception as error:
                result = error
            yield positions[future], result
    finally:
        executor.shutdown(kill_workers=True)


def _train(stack: Sequence[Configuration], data_root: str | None) -> list[Trained]:
    from runner.training import train_stack  # MXNet: slow to import

    return train_stack(stack, *data.load(data_root, stack[0].data_set))
