"""The jobs of a sweep on other machines: sent whole, waited for, and started again if lost."""

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
    """The process that ran a job is gone: killed, or with its machine. The message says how."""


@dataclass(frozen=True)
class PackedJob:
    """A job as it travels: composed where the command runs, the same on any machine.

    `environment` are the variables that it needs there.
    """

    cfg: DictConfig
    context: HydraContext
    task: TaskFunction
    environment: Mapping[str, str]


def run_packed_job(job: PackedJob) -> JobReturn:
    """Run a job in the process of a cluster, as Hydra's own launcher does at home."""
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
    """What runs jobs elsewhere. A handle stands for a job on its way, and can be hashed."""

    def submit(self, jobs: Iterable[PackedJob]) -> list[Any]:
        """Send jobs out; a handle for each, in their order."""

    def ended(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Wait for a while; those of the handles whose jobs have ended, perhaps none."""

    def result(self, handle: Any) -> JobReturn:
        """What an ended job gave back; `JobLostError` where its process is gone."""

    def stop(self, handles: Sequence[Any]) -> None:
        """End the jobs of these handles, going on or waiting, and leave the cluster."""


def run_all(cluster: Cluster, jobs: Jobs, retries: int) -> list[JobReturn]:
    """Run the jobs of a sweep on a cluster; what each gave back.

    A job that is lost starts again, `retries` times at most; then it is a `Failure`, and the
    others go on. Where a run fails and `fail_fast` is true, all others end, and give back None.
    However this ends, no job is left on the cluster.
    """
    from runner.runs import Failure  # MLflow takes seconds to import: not at every start
    from runner.sweeps import job_return

    def compose(number: int) -> PackedJob:
        return PackedJob(packed(jobs.compose(number)), jobs.context, jobs.task, environment())

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
