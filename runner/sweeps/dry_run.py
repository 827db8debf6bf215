"""Prints a plan instead of carrying it out: jobs, time, disk space, width of intervals."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from mlflow.entities import Run
from rich.filesize import decimal
from rich.table import Table

from runner.process import duration, log, plural, show
from runner.sweeps.estimate import disk_of, times_of
from runner.sweeps.latest_runs import finished
from runner.sweeps.plan import Job, dropped, make_plan
from runner.tracking import MissingStoreError, open_tracking

DASH = "\N{EN DASH}"


def print_plan(
    jobs: Mapping[str, Job], uri: str, experiment: str, skip_finished: bool, duplicates: int = 0
) -> None:
    """Print the table of jobs (new, finished, failed before); train nothing, create no store.

    `duplicates` is how many jobs of the command had the configuration of another.
    """
    try:
        tracking = open_tracking(uri, experiment, create=False)
    except MissingStoreError:
        tracking = None
    plan = make_plan(jobs, tracking, skip_finished)
    pending = [jobs[config_hash].configuration for config_hash in plan.pending]
    times = dict(zip(plan.pending, times_of(pending), strict=True))
    table = Table("configuration", "state")
    table.add_column("time", justify="right")
    table.add_column("disk", justify="right")
    for config_hash, job in jobs.items():
        costs = ("", "")
        if config_hash in times:
            costs = (duration(times[config_hash]), decimal(disk_of(job.configuration)))
        table.add_row(job.configuration.name, plan.states[config_hash], *costs)
    show(table)
    if tracking:
        _show_expected(jobs, finished(tracking, plan.sweep_id))
    costs_of_all = (
        f"About {duration(sum(times.values()))} of training one after another on this machine. "
        f"{decimal(sum(map(disk_of, pending)))} of disk ({decimal(_free())} free). "
    )
    log.info(
        f"{len(jobs)} {plural(len(jobs), 'configuration')}, {len(pending)} to train"
        f"{dropped(duplicates)}. {costs_of_all if pending else ''}"
        "dry_run=true: nothing was trained."
    )


def _show_expected(jobs: Mapping[str, Job], earlier: Mapping[str, Run]) -> None:
    """How wide intervals will be, for settings of several runs of which there were `earlier`."""
    from runner.sweeps.expected import expected  # SciPy: slow to import

    found = expected([job.configuration for job in jobs.values()], earlier)
    if not any(one.reach is not None for one in found):
        return
    table = Table("setting", "expected interval of the mean test accuracy", "from earlier runs")
    for one in found:
        width = DASH if one.reach is None else f"± {one.reach:.2g} of {one.planned} runs"
        table.add_row(one.setting, width, f"{one.survivors} of {one.earlier} survived")
    show(table)
    log.info(
        "Expected: half the 95 % interval over the runs that survive, if they vary as the earlier "
        "ones of the same setting did."
    )


def _free() -> int:
    return shutil.disk_usage(Path.cwd()).free
