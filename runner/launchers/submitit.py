"""Jobs through submitit: of a Slurm cluster, or processes of this machine to try it out."""

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import submitit
from hydra.core.utils import JobReturn
from submitit.core.utils import FailedJobError, UncompletedJobError

from runner.launchers.cluster import LostError, Sent, run_sent
from runner.process import InputError

POLL_SECONDS = 1.0

PATIENCE_SECONDS = 40.0
"""How long the end of a sweep waits for jobs that are being cancelled; Slurm kills after 30."""

SHARED = ("name", "timeout_min", "cpus_per_task", "mem_gb")
"""The parameters that submitit gives one name for all its executors."""


class SubmititCluster:
    """submitit's executor "slurm" or "local", which keeps its files in `folder`.

    `parameters` are submitit's, without the executor's name before them.

    Raises `InputError` where this is no machine of a Slurm cluster.
    """

    def __init__(self, executor: str, folder: str, parameters: Mapping[str, Any]) -> None:
        try:
            self.executor = submitit.AutoExecutor(folder, cluster=executor)
        except RuntimeError as error:
            raise InputError(
                "hydra/launcher=submitit_slurm: Slurm's commands (srun, sbatch) are not here; "
                "start the command on a machine of the Slurm cluster"
            ) from error
        self.executor.update_parameters(
            **{
                key if key in SHARED else f"{executor}_{key}": value
                for key, value in parameters.items()
            }
        )

    def submit(self, jobs: Iterable[Sent]) -> list[Any]:
        """Send jobs out, several as one array; a handle for each, in their order."""
        with _stderr_in(Path(self.executor.folder) / "submitit.log"):
            handles: list[Any] = self.executor.map_array(run_sent, jobs)
        return handles

    def ended(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Those of the handles whose jobs have ended, after `POLL_SECONDS`."""
        time.sleep(POLL_SECONDS)
        return [handle for handle in handles if handle.done()]

    def result(self, handle: Any) -> JobReturn:
        """What an ended job gave back; `LostError` where it ended without."""
        try:
            returned: JobReturn = handle.result()
        except FailedJobError:
            raise  # a defect, with its traceback
        except UncompletedJobError as error:
            raise LostError(f"job {handle.job_id}: {handle.state}") from error
        return returned

    def stop(self, handles: Sequence[Any]) -> None:
        """Cancel these jobs and wait until they are gone."""
        for handle in handles:
            handle.cancel(check=False)
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end and not all(one.done(force_check=True) for one in handles):
            time.sleep(0.2)


@contextlib.contextmanager
def _stderr_in(file: Path) -> Iterator[None]:
    """Let processes that the block starts write their errors to a file.

    submitit starts one for each local job, which dies of an interrupt with a traceback.
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
