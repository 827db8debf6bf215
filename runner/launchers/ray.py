"""`hydra/launcher=ray`: runs jobs on a Ray cluster, one job per worker process at a time."""

import logging
import signal
import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.utils import JobReturn

from runner.launchers.cluster import JobLostError, PackedJob, run_all, run_packed_job
from runner.launchers.launcher import Jobs, Launcher, Settings
from runner.process import InputError

POLL_SECONDS = 1.0

PATIENCE_SECONDS = 10.0
"""How long to wait for the cluster's head at the start, and for killed workers at the end."""


@dataclass
class RaySettings(Settings):
    kind: str = "ray"
    address: str = "auto"
    """auto: this machine's cluster; or HOST:PORT of a cluster's head."""
    num_cpus: float = 1
    """Processors, and threads, for each run."""
    retries: int = 2
    """How often a run whose worker was killed starts again."""


class RayCluster:
    """A running cluster; `address` is auto, or HOST:PORT of its head.

    A job takes `num_cpus` processors of a machine, and as many threads.

    Raises `InputError` if no cluster answers.
    """

    inherited = False

    def __init__(self, address: str, num_cpus: float) -> None:
        import ray  # optional: may not be installed

        self.ray = ray
        self.num_cpus = num_cpus
        no_answer = InputError(
            f"hydra.launcher.address: no Ray cluster answers at {address}; start one with "
            "ray start --head, or give HOST:PORT of its head"
        )
        if address != "auto" and not _is_listening(address):
            raise no_answer
        sigterm_handler = signal.getsignal(signal.SIGTERM)
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, ValueError) as error:
            raise no_answer from error
        finally:
            signal.signal(signal.SIGTERM, sigterm_handler)  # Ray replaces it

    def submit(self, jobs: Iterable[PackedJob]) -> list[Any]:
        """Submit jobs; return a handle for each, in order."""
        # No retries by Ray: the sweep restarts lost jobs itself and says so.
        remote = self.ray.remote(num_cpus=self.num_cpus, max_retries=0)(run_packed_job)
        return [remote.remote(job) for job in jobs]

    def ended(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Wait `POLL_SECONDS`; return the handles of the jobs that have ended."""
        time.sleep(POLL_SECONDS)  # not in Ray, which turns any signal into Ctrl-C
        ended: list[Any] = self.ray.wait(list(handles), num_returns=len(handles), timeout=0)[0]
        return ended

    def result(self, handle: Any) -> JobReturn:
        """The return value of an ended job; `JobLostError` if its worker or machine is gone."""
        gone = self.ray.exceptions
        try:
            returned: JobReturn = self.ray.get(handle)
        except gone.OutOfMemoryError as error:
            raise JobLostError("out of memory") from error
        except gone.NodeDiedError as error:
            raise JobLostError("its machine is gone") from error
        except (gone.WorkerCrashedError, gone.LocalRayletDiedError) as error:
            raise JobLostError("memory?") from error
        return returned

    def stop(self, handles: Sequence[Any]) -> None:
        """Kill the workers of these jobs, wait for them to end, and leave the cluster."""
        for handle in handles:
            self.ray.cancel(handle, force=True)
        if handles:
            self.ray.wait(list(handles), num_returns=len(handles), timeout=PATIENCE_SECONDS)
        self.ray.shutdown()


def _is_listening(address: str) -> bool:
    """Whether something listens at HOST:PORT. Ray would retry for two minutes and log C++ errors.

    Raises `InputError` for an address of another form.
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


def launch(jobs: Jobs, address: str, num_cpus: float, retries: int) -> Sequence[JobReturn]:
    """Run the jobs on a running cluster."""
    return run_all(RayCluster(address, num_cpus), jobs, retries)


RAY = Launcher(
    name="ray",
    summary="runs on a Ray cluster",
    settings=RaySettings,
    launch=launch,
    package="ray",
    extra="ray",
    several_machines=True,
)
