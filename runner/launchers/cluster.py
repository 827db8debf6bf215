"""Runs the jobs of a sweep on other machines: sends them, waits, and restarts lost ones."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hydra.core.utils import JobReturn, run_job, setup_globals
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from runner.keys import configuration_of
from runner.launchers.launcher import Jobs
from runner.launchers.packing import environment, packed
from runner.process import log, plural


class JobLostError(Exception):
    """The process that ran a job is gone, killed or lost with its machine. The message says how."""


@dataclass(frozen=True)
class PackedJob:
    """A job to send: composed where the command runs, with the same meaning on any machine.

    `environment` has the variables that it needs there.
    """

    cfg: DictConfig
    context: HydraContext
    task: TaskFunction
    environment: Mapping[str, str]


def run_packed_job(job: PackedJob) -> JobReturn:
    """Run a job in a cluster's process, as Hydra's own launcher would locally."""
    os.environ.update(job.environment)
    setup_globals()
    return run_job(
        hydra_context=job.context,
        task_function=job.task,
        config=job.cfg,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )


class Cluster(Protocol):
    """Runs jobs elsewhere. A handle stands for a submitted job and can be hashed.

    `inherited` says whether jobs get the environment of the command anyway.
    """

    inherited: bool

    def submit(self, jobs: Iterable[PackedJob]) -> list[Any]:
        """Submit jobs; return a handle for each, in order."""

    def ended(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Wait a while; return the handles of the jobs that have ended, if any."""

    def result(self, handle: Any) -> JobReturn:
        """The return value of an ended job; `JobLostError` if its process is gone."""

    def stop(self, handles: Sequence[Any]) -> None:
        """End these jobs, running or waiting, and leave the cluster."""


def run_all(cluster: Cluster, jobs: Jobs, retries: int) -> list[JobReturn]:
    """Run the jobs of a sweep on a cluster; return the value of each.

    A lost job is started again, at most `retries` times. After that it is a `Failure` and the
    others continue. If a run fails and `fail_fast` is true, all others are ended and return None.
    No job is left on the cluster, however this ends.
    """
    from runner.runs import Failure  # MLflow: slow to import
    from runner.sweeps import job_return

    def compose(number: int) -> PackedJob:
        sent = environment(inherited=cluster.inherited)
        return PackedJob(packed(jobs.compose(number)), jobs.context, jobs.task, sent)

    count = len(jobs.overrides)
    returned: dict[int, JobReturn] = {}
    losses: Counter[int] = Counter()
    waiting: dict[Any, int] = {}
    fail_fast = compose(0).cfg.fail_fast
    try:
        handles = cluster.submit(compose(number) for number in range(count))
        waiting.update(zip(handles, range(count), strict=True))
        while waiting:
            for handle in cluster.ended(list(waiting)):
                number = waiting.pop(handle)
                try:
                    returned[number] = cluster.result(handle)
                except JobLostError as error:
                    losses[number] += 1
                    job = compose(number)
                    name = configuration_of(job.cfg).name
                    if losses[number] <= retries:
                        log.info(f"The worker of {name} was killed ({error}); started again")
                        waiting |= dict.fromkeys(cluster.submit([job]), number)
                        continue
                    times = plural(losses[number], "time")
                    reason = f"its worker was killed {losses[number]} {times} ({error})"
                    log.info(f"failed: {name}: {reason}")
                    failure = Failure(reason, _log_file(job.cfg))
                    returned[number] = job_return(job.cfg.hydra.overrides.task, failure)
                if fail_fast and isinstance(returned[number].return_value, Failure):
                    return [
                        returned.get(one) or job_return(compose(one).cfg.hydra.overrides.task, None)
                        for one in range(count)
                    ]
    finally:
        cluster.stop(list(waiting))
    return [returned[number] for number in range(count)]


def _log_file(cfg: DictConfig) -> str:
    return str(Path(cfg.hydra.sweep.dir) / str(cfg.hydra.job.num) / f"{cfg.hydra.job.name}.log")
