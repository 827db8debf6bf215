"""Jobs on a Ray cluster, a worker process for each at a time."""

import logging
import signal
import socket
import time
from collections.abc import Iterable, Sequence
from typing import Any

import ray
from hydra.core.utils import JobReturn
from ray.exceptions import (
    LocalRayletDiedError,
    NodeDiedError,
    OutOfMemoryError,
    WorkerCrashedError,
)

from runner.launchers.cluster import LostError, Sent, run_sent
from runner.process import InputError

POLL_SECONDS = 1.0

PATIENCE_SECONDS = 10.0
"""How long a sweep waits for the head at its start, at its end for workers being killed."""


class RayCluster:
    """A cluster that is there already; `address` is auto, or HOST:PORT of its head.

    A job takes `num_cpus` processors of a machine, and as many threads.

    Raises `InputError` where no cluster answers.
    """

    def __init__(self, address: str, num_cpus: float) -> None:
        self.num_cpus = num_cpus
        nobody = InputError(
            f"hydra.launcher.address: no Ray cluster answers at {address}; start one with "
            "ray start --head, or give HOST:PORT of its head"
        )
        if address != "auto" and not _answers(address):
            raise nobody
        on_terminate = signal.getsignal(signal.SIGTERM)
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, ValueError) as error:
            raise nobody from error
        finally:
            signal.signal(signal.SIGTERM, on_terminate)  # Ray has taken it

    def submit(self, jobs: Iterable[Sent]) -> list[Any]:
        """Send jobs out; a handle for each, in their order."""
        # The sweep starts a lost job again itself, to say so.
        remote = ray.remote(num_cpus=self.num_cpus, max_retries=0)(run_sent)
        return [remote.remote(job) for job in jobs]

    def ended(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Those of the handles whose jobs have ended, after `POLL_SECONDS`."""
        time.sleep(POLL_SECONDS)  # not in Ray, which would make Ctrl-C of any signal
        ended: list[Any] = ray.wait(list(handles), num_returns=len(handles), timeout=0)[0]
        return ended

    def result(self, handle: Any) -> JobReturn:
        """What an ended job gave back; `LostError` where its worker or its machine is gone."""
        try:
            returned: JobReturn = ray.get(handle)
        except OutOfMemoryError as error:
            raise LostError("out of memory") from error
        except NodeDiedError as error:
            raise LostError("its machine is gone") from error
        except (WorkerCrashedError, LocalRayletDiedError) as error:
            raise LostError("memory?") from error
        return returned

    def stop(self, handles: Sequence[Any]) -> None:
        """Kill the workers of these jobs, wait until they are gone, and leave the cluster."""
        for handle in handles:
            ray.cancel(handle, force=True)
        if handles:
            ray.wait(list(handles), num_returns=len(handles), timeout=PATIENCE_SECONDS)
        ray.shutdown()


def _answers(address: str) -> bool:
    """Whether somebody listens at HOST:PORT; Ray itself would ask for two minutes, in C++ words.

    Raises `InputError` for another form of address.
    """
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal() and 0 < int(port) < 65536):
        raise InputError(
            "hydra.launcher.address must be auto or HOST:PORT of a Ray cluster's head, "
            f"got {address}; the port of ray start --head is 6379"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE_SECONDS).close()
    except OSError:
        return False
    return True
