"""`hydra/launcher=stacked`: trains the jobs of a sweep together where that is possible."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.utils import JobReturn, configure_log, run_job

from runner.launchers.launcher import Jobs, Launcher, Settings


@dataclass
class StackedSettings(Settings):
    kind: str = "stacked"
    n_jobs: int = -1
    """Processes that train at a time; -1: one per core."""


def launch(jobs: Jobs, n_jobs: int) -> Sequence[JobReturn]:
    """Train the jobs in stacks, then run each as Hydra's own launcher does.

    Jobs that share the order of the data and the form of the loss make a stack. A stack that is
    too wide for the memory, or wide enough for several processes, is split (see `grouping`). Each
    job is still a run of its own, with its own folder, log, outcome and post-mortem; it only
    collects what its stack trained. An error in a stack fails all of its jobs and no others.
    """
    from runner.keys import configuration_of
    from runner.launchers.grouping import stacks_of
    from runner.launchers.spread import process_count, train_stacks
    from runner.runs import hand_over

    configurations = [configuration_of(jobs.compose(job)) for job in range(len(jobs.overrides))]
    stacks = stacks_of(configurations, process_count(n_jobs))
    returned: dict[int, JobReturn] = {}
    for place, trained in train_stacks(
        [[configurations[job] for job in stack] for stack in stacks],
        jobs.compose(0).data.root,
        n_jobs,
    ):
        for column, job in enumerate(stacks[place]):
            each = trained if isinstance(trained, Exception) else trained[column]
            hand_over(configurations[job].config_hash, each)
            returned[job] = _run(jobs, job)
    return [returned[job] for job in range(len(jobs.overrides))]


def _run(jobs: Jobs, number: int) -> JobReturn:
    cfg = jobs.compose(number)
    Path(cfg.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
    returned = run_job(
        hydra_context=jobs.context,
        task_function=jobs.task,
        config=cfg,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )
    configure_log(jobs.config.hydra.hydra_logging, jobs.config.hydra.verbose)
    return returned


STACKED = Launcher(
    name="stacked",
    summary="configurations with one order of the data train together",
    settings=StackedSettings,
    launch=launch,
)
