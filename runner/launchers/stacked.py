"""`hydra/launcher=stacked`: trains the jobs of a sweep together where that is possible."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from hydra.core.utils import JobReturn, configure_log, run_job
from omegaconf import DictConfig

from runner.launchers.launcher import Jobs, Launcher, Settings
from runner.process import runs_in_files_only
from runner.records import Trained


@dataclass
class StackedSettings(Settings):
    kind: str = "stacked"
    n_jobs: int = -1
    """Processes that train at a time; -1: one per core."""


def launch(jobs: Jobs, n_jobs: int) -> Sequence[JobReturn]:
    """Train the jobs in stacks, then run each as Hydra's own launcher does.

    Jobs that share the order of the data and the form of the loss make a stack. A stack that is
    too wide for the memory, or wide enough for several processes, is split (see `grouping`). The
    process that trains a stack runs its jobs, too; this process is the first of them. Each job is
    still a run of its own, with its own folder, log, outcome and post-mortem; it only collects what
    its stack trained. An error in a stack fails all of its jobs and no others.

    Raises `BrokenExecutor` if a process was killed.
    """
    from runner.keys import configuration_of
    from runner.launchers.grouping import stacks_of
    from runner.launchers.workers import process_count, share_out

    configurations = [configuration_of(jobs.keys(job)) for job in range(len(jobs.overrides))]
    stacks = stacks_of(configurations, process_count(n_jobs))
    processes = min(process_count(n_jobs), len(stacks))
    returned: dict[int, JobReturn] = {}
    try:
        with runs_in_files_only() if processes > 1 else contextlib.nullcontext():
            for of_stack in share_out(_run, jobs, stacks, processes):
                returned |= of_stack
    finally:
        configure_log(jobs.config.hydra.hydra_logging, jobs.config.hydra.verbose)
    return [returned[job] for job in range(len(jobs.overrides))]


def _run(jobs: Jobs, stack: Sequence[int]) -> dict[int, JobReturn]:
    """Train the jobs of a stack together, unless the sweep is stopped, and run each."""
    from runner import data
    from runner.keys import configuration_of
    from runner.runs import handed_over, is_stopped

    composed = [jobs.compose(job) for job in stack]
    results: dict[str, Trained | Exception] = {}
    if not is_stopped(composed[0].hydra.sweep.dir):
        configurations = [configuration_of(cfg) for cfg in composed]
        try:
            from runner.training import train_stack  # MXNet: slow to import

            splits = data.load(composed[0].data.root, configurations[0].data_set)
            trained: Sequence[Trained | Exception] = train_stack(configurations, *splits)
        except Exception as error:
            trained = [error] * len(stack)
        results = {one.config_hash: each for one, each in zip(configurations, trained, strict=True)}
    with handed_over(results):
        return {job: _run_job(jobs, cfg) for job, cfg in zip(stack, composed, strict=True)}


def _run_job(jobs: Jobs, cfg: DictConfig) -> JobReturn:
    returned = run_job(
        hydra_context=jobs.context,
        task_function=jobs.task,
        config=cfg,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )
    if isinstance(returned.return_value, Exception):  # not an error of a run: that is a `Failure`
        raise returned.return_value  # here, where its traceback is
    return returned


STACKED = Launcher(
    name="stacked",
    summary="configurations with one order of the data train together",
    settings=StackedSettings,
    launch=launch,
)
