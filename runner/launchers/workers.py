"""The worker processes of a command: they stay for its next sweep and end with it."""

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import lru_cache
from typing import Any, TypeVar

import cloudpickle
from hydra.core.singleton import Singleton
from hydra.core.utils import env_override

from runner.process import THREADS, at_end, follow_commander

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")

_executors: dict[int, ProcessPoolExecutor] = {}
"""The command's workers, by their number."""


def process_count(n_jobs: int) -> int:
    """The number of processes for `n_jobs`; -1 means one per core, -2 one less, as for joblib."""
    return n_jobs if n_jobs > 0 else max(1, len(os.sched_getaffinity(0)) + 1 + n_jobs)


def share_out(
    work: Callable[[Shared, Item], Result], shared: Shared, items: Sequence[Item], processes: int
) -> list[Result]:
    """Do the work for each item, in this process and in `processes` - 1 workers; the results.

    `shared` is what the work needs for every item. Who is free takes the next item, so the results
    have no order. Each of several processes computes in one thread, unless the environment sets
    `OMP_NUM_THREADS`; if this one has imported MXNet before, it keeps its threads.

    Raises `BrokenExecutor` if a worker was killed, and what the work raises. Then, and on an
    interrupt, all workers are killed.
    """
    if processes == 1:
        return [work(shared, item) for item in items]
    if "mxnet" not in sys.modules:
        os.environ.update(_one_thread())
    executor = _executor(processes - 1)
    waiting, lock = deque(items), threading.RLock()
    sent: list[Future[Result]] = []

    def send(ended: Future[Result] | None = None) -> None:
        """Send a worker its next item."""
        if ended and ended.exception():
            return  # without the lock: the executor may hold its own
        with lock:
            if waiting:
                sent.append(executor.submit(_do, work, file, waiting.popleft()))
                sent[-1].add_done_callback(send)

    def take() -> list[Item]:
        with lock:
            return [waiting.popleft()] if waiting else []

    try:
        with tempfile.TemporaryDirectory() as folder:
            # In a file: a worker that dies would leave it in the pipe, and Python waiting.
            file = os.path.join(folder, "shared")
            with open(file, "wb") as packed:
                cloudpickle.dump((Singleton.get_state(), shared), packed)
            with _inherited_by_workers():
                for _ in range(processes - 1):
                    send()
            done = []
            while taken := take():
                done.append(work(shared, *taken))
                for future in sent:
                    if future.done():
                        future.result()  # raises at once what the work raised
            return [*done, *(future.result() for future in sent)]
    except BaseException:
        with lock:
            waiting.clear()
        end_workers()
        raise


def _one_thread() -> dict[str, str]:
    return {THREADS: os.environ.get(THREADS) or "1"}


@contextlib.contextmanager
def _inherited_by_workers() -> Iterator[None]:
    """In the block processes begin with one thread each, and without Ctrl-C: the command has it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with env_override(_one_thread()):
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _executor(workers: int) -> ProcessPoolExecutor:
    """The workers of the last time, if there are so many and all are alive; else new ones."""
    if workers not in _executors or len(multiprocessing.active_children()) < workers:
        end_workers()
        # Not forked: MXNet can hang after a fork.
        context = multiprocessing.get_context("spawn")
        _executors[workers] = ProcessPoolExecutor(workers, context, follow_commander)
        at_end.callback(end_workers)
    return _executors[workers]


def end_workers() -> None:
    """Kill the workers of this command, whatever they do."""
    for process in multiprocessing.active_children():
        process.kill()
    for executor in _executors.values():
        executor.shutdown()
    _executors.clear()


def _do(work: Callable[[Any, Item], Result], file: str, item: Item) -> Result:
    return work(_unpacked(file), item)


@lru_cache(maxsize=1)
def _unpacked(file: str) -> Any:
    with open(file, "rb") as packed:
        state_of_hydra, shared = pickle.load(packed)
    Singleton.set_state(state_of_hydra)
    return shared
