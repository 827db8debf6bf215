"""The runs of one command: validated and planned, then launched, monitored and summarised."""

import contextlib
import json
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor

from hydra.core.utils import JobReturn, env_override
from mlflow.entities import Run
from omegaconf import DictConfig

from runner import data
from runner.data import DataSet, Split, fetch_if_missing
from runner.process import (
    COMMANDER_VARIABLE,
    ServerLostError,
    StoreLostError,
    SweepError,
    log,
    plural,
    require_memory,
    require_mxnet,
    show,
    this_process,
)
from runner.runs import SWEEP_ID_VARIABLE
from runner.sweeps.dry_run import print_plan
from runner.sweeps.latest_runs import finished
from runner.sweeps.plan import Overrides, Plan, dropped, make_plan, validate
from runner.sweeps.progress import progress_of
from runner.sweeps.results import job_return, report, summary_table
from runner.tracking import (
    PLAN,
    TO_TRAIN,
    RunLog,
    Tracking,
    is_at_work,
    open_tracking,
    repair,
    tell_headline,
    tell_trained_twice,
)

Launch = Callable[[Sequence[Overrides]], Sequence[JobReturn]]


def run_sweep(
    overrides: Sequence[Overrides],
    compose: Callable[[Overrides], DictConfig],
    launch: Launch,
    check: Callable[[str], None],
) -> list[JobReturn]:
    """Validate the jobs, leave out what is finished, train the rest, log the sweep as a run.

    `overrides` has one list per job and `compose` turns it into the job's keys. `launch` runs
    jobs. `check` raises `InputError` if the jobs could not run or could not reach the store.

    Raises `InputError` before anything trains if a job's values, the data or the store are
    wrong; `SweepError` at the end if runs failed.
    """
    jobs, keys = validate(overrides, compose)
    duplicates = len(overrides) - len(jobs)
    require_mxnet()
    require_memory()
    check(keys.tracking.uri)
    data_set = next(iter(jobs.values())).configuration.data_set
    data.locate(keys.data.root, data_set)  # report a wrong folder before a store is created
    if keys.dry_run:
        print_plan(
            jobs, keys.tracking.uri, keys.tracking.experiment, keys.skip_finished, duplicates
        )
        return []
    tracking = open_tracking(keys.tracking.uri, keys.tracking.experiment, migrate_older=True)
    repair(tracking)
    plan = make_plan(jobs, tracking, keys.skip_finished)
    earlier = _earlier_sweep_run(tracking, plan.sweep_id)
    log.info(
        f"Sweep {plan.sweep_id}: {len(jobs)} {plural(len(jobs), 'configuration')}, "
        f"{len(plan.pending)} to train, {len(jobs) - len(plan.pending)} finished before"
        f"{dropped(duplicates)}"
    )
    if not plan.pending:
        log.info("Nothing to train; skip_finished=false trains everything again.")
        tell_headline(tracking, plan.finished)
        if earlier and earlier.info.status not in ("FAILED", "KILLED"):
            show(summary_table(plan, plan.finished))
            return []
    fetch_if_missing(keys.data.root, log.info, data_set)
    train_split, test_split = data.load(keys.data.root, data_set)
    from runner.sweeps.best_models import log_best_models

    since = time.time()
    with tracking.run(
        f"sweep of {len(jobs)}",
        {"kind": "sweep", "sweep_id": plan.sweep_id, "command": shlex.join(sys.argv)},
        resume=earlier.info.run_id if earlier and not is_at_work(earlier) else None,
    ) as run_log:
        _log_plan(run_log, plan, train_split, data_set)
        try:
            with (
                env_override({COMMANDER_VARIABLE: this_process().to_text()}),
                progress_of(tracking, plan.sweep_id, set(plan.pending)),
            ):
                try:
                    results = _launch_all(plan, tracking, launch, since)
                finally:  # what a lost worker or an interrupt left RUNNING
                    with contextlib.suppress(StoreLostError):
                        repair(tracking, ended=this_process())
        except KeyboardInterrupt:
            with contextlib.suppress(StoreLostError):
                _report_interrupt(plan, tracking, since)
            raise
        try:
            configurations = {one: job.configuration for one, job in plan.jobs.items()}
            runs = finished(tracking, plan.sweep_id)
            log_best_models(tracking, configurations, runs, data_set, test_split)
            tell_headline(tracking, runs)
        except ServerLostError:
            report(plan, results, None)
            raise
        tell_trained_twice(tracking, since)
        report(plan, results, runs)
    return results


def _earlier_sweep_run(tracking: Tracking, sweep_id: str) -> Run | None:
    return next(tracking.runs(f"tags.kind = 'sweep' and tags.sweep_id = '{sweep_id}'"), None)


def _log_plan(run_log: RunLog, plan: Plan, train_split: Split, data_set: DataSet) -> None:
    """Log what belongs to the whole sweep: its plan and the lesson's picture of the data."""
    from runner.pictures import save_first_images  # slow to import

    rows = [
        {
            "config_hash": config_hash,
            **job.configuration.params,
            TO_TRAIN: config_hash in plan.pending,
        }
        for config_hash, job in plan.jobs.items()
    ]
    with run_log.artifacts() as files:
        files.texts({PLAN: json.dumps(rows, indent=1)})
        picture = files.path("first_training_images.png")
        save_first_images(train_split, data_set.labels, picture)


def _launch_all(plan: Plan, tracking: Tracking, launch: Launch, since: float) -> list[JobReturn]:
    """Launch the pending runs; if a killed worker ends the launch, launch what is left again.

    Runs that finished in such a launch are returned too.

    Raises `SweepError` if a launch ends this way before a single run has finished.
    """
    pending = list(plan.pending)
    returned: list[JobReturn] = []
    sweep_key = f"hydra.job.env_set.{SWEEP_ID_VARIABLE}='{plan.sweep_id}'"
    while pending:
        try:
            returned += launch([[*plan.jobs[one].overrides, sweep_key] for one in pending])
            break
        except BrokenExecutor as error:
            repair(tracking)
            done = tracking.finished(since=since)
            left = [config_hash for config_hash in pending if config_hash not in done]
            if len(left) == len(pending):
                raise SweepError(
                    f"a worker process was killed (memory?) before any of {len(left)} "
                    f"{plural(len(left), 'run')} was finished; use fewer processes "
                    "(hydra.launcher.n_jobs) and start the command again"
                ) from error
            returned += [
                job_return(plan.jobs[one].overrides, done[one].data.tags["outcome"])
                for one in pending
                if one in done
            ]
            log.info(f"A worker process was killed (memory?); starting the {len(left)} left again")
            pending = left
    return returned


def _report_interrupt(plan: Plan, tracking: Tracking, since: float) -> None:
    """Print how much is finished and how much remains."""
    done = tracking.finished(since=since)
    remaining = sum(config_hash not in done for config_hash in plan.pending)
    log.info(
        f"Interrupted: {len(plan.jobs) - remaining} of {len(plan.jobs)} "
        f"{plural(len(plan.jobs), 'configuration')} finished, {remaining} to train"
    )
