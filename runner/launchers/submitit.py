"""`hydra/launcher=submitit_slurm`, and `submitit_local` to try it on this machine."""

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn

from runner.launchers.cluster import JobLostError, PackedJob, run_all, run_packed_job
from runner.launchers.launcher import Jobs, Launcher, Settings
from runner.process import InputError

POLL_SECONDS = 1.0

PATIENCE_SECONDS = 40.0
"""How long to wait for cancelled jobs at the end of a sweep; Slurm kills them after 30."""

COMMON_PARAMETERS = ("name", "timeout_min", "cpus_per_task", "mem_gb")
"""The parameters that have the same name in all of submitit's executors."""


@dataclass
class SlurmSettings(Settings):
    kind: str = "submitit_slurm"
    retries: int = 2
    """How often a run whose job was killed starts again."""
    name: str = "${hydra.job.name}"
    timeout_min: int = 60
    """For each run."""
    cpus_per_task: int = 2
    mem_gb: int = 4
    partition: str | None = None
    """None: the cluster's default."""
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    array_parallelism: int = 64
    """Runs at a time."""
    setup: list[str] = field(
        # since 22.05 srun no longer inherits it
        default_factory=lambda: ["export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK"]
    )
    """Shell commands that each job executes before its run."""
    additional_parameters: dict[str, Any] = field(default_factory=dict)
    """Further options of sbatch, such as {mail-type: FAIL}."""


@dataclass
class LocalSettings(Settings):
    kind: str = "submitit_local"
    retries: int = 2
    """How often a run whose process was killed starts again."""
    timeout_min: int = 60
    """For each run."""


class SubmititCluster:
    """submitit's executor "slurm" or "local", which keeps its files in `folder`.

    `parameters` are submitit's, without the executor's name as their prefix.

    Raises `InputError` if Slurm is asked for on a machine outside a Slurm cluster.
    """

    inherited = True  # by sbatch's --export=ALL; what is sent, submitit writes to files

    def __init__(self, executor: str, folder: str, parameters: Mapping[str, Any]) -> None:
        import submitit  # optional: may not be installed

        self.errors = submitit.core.utils
        try:
            self.executor = submitit.AutoExecutor(folder, cluster=executor)
        except RuntimeError as error:
            raise InputError(
                "hydra/launcher=submitit_slurm: Slurm's commands (srun, sbatch) are not here; "
                "start the command on a machine of the Slurm cluster"
            ) from error
        self.executor.update_parameters(
            **{
                key if key in COMMON_PARAMETERS else f"{executor}_{key}": value
                for key, value in parameters.items()
            }
        )

    def submit(self, jobs: Iterable[PackedJob]) -> list[Any]:
        """Submit jobs, several as one array; return a handle for each, in order."""
        with _stderr_to(Path(self.executor.folder) / "submitit.log"):
            handles: list[Any] = self.executor.map_array(run_packed_job, jobs)
        return handles

    def ended(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Wait `POLL_SECONDS`; return the handles of the jobs that have ended."""
        time.sleep(POLL_SECONDS)
        return [handle for handle in handles if handle.done()]

    def result(self, handle: Any) -> JobReturn:
        """The return value of an ended job; `JobLostError` if it ended without one."""
        try:
            returned: JobReturn = handle.result()
        except self.errors.FailedJobError:
            raise  # a bug: show its traceback
        except self.errors.UncompletedJobError as error:
            raise JobLostError(f"job {handle.job_id}: {handle.state}") from error
        return returned

    def stop(self, handles: Sequence[Any]) -> None:
        """Cancel these jobs and wait for them to end."""
        for handle in handles:
            handle.cancel(check=False)
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end and not all(one.done(force_check=True) for one in handles):
            time.sleep(0.2)


@contextlib.contextmanager
def _stderr_to(file: Path) -> Iterator[None]:
    """Send the stderr of processes started in the block to a file.

    submitit starts one for each local job, and on an interrupt it dies with a traceback.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    ours = os.dup(2)
    try:
        with file.open("ab") as log:
            os.dup2(log.fileno(), 2)
        yield
    finally:
        os.dup2(ours, 2)
        os.close(ours)


def _launch(
    executor: str, jobs: Jobs, retries: int, parameters: Mapping[str, Any]
) -> list[JobReturn]:
    folder = Path(jobs.config.hydra.sweep.dir).absolute() / ".submitit"
    return run_all(SubmititCluster(executor, str(folder), parameters), jobs, retries)


def launch_on_slurm(jobs: Jobs, retries: int, **parameters: Any) -> Sequence[JobReturn]:
    """Run the jobs as a Slurm array."""
    return _launch("slurm", jobs, retries, parameters)


def launch_here(jobs: Jobs, retries: int, **parameters: Any) -> Sequence[JobReturn]:
    """Run the jobs in processes on this machine, all at once."""
    return _launch("local", jobs, retries, parameters)


SUBMITIT_SLURM = Launcher(
    name="submitit_slurm",
    summary="runs as an array of jobs on a Slurm cluster",
    settings=SlurmSettings,
    launch=launch_on_slurm,
    package="submitit",
    extra="slurm",
    several_machines=True,
)
SUBMITIT_LOCAL = Launcher(
    name="submitit_local",
    summary="the same in processes on this machine, to try it with a few runs",
    settings=LocalSettings,
    launch=launch_here,
    package="submitit",
    extra="slurm",
)
