"""Many runs of one command: planned and validated first, then launched."""

import json
import shlex
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.utils import JobReturn, JobStatus
from omegaconf import DictConfig

from runner import data
from runner.config import Configuration, configuration_of, sweep_id_of
from runner.console import log
from runner.data import Split
from runner.errors import InputError
from runner.fetch import fetch_if_missing
from runner.store import open_tracking
from runner.tracking import RunLog, Tracking

SWEEP_ID_VARIABLE = "LRSTUDY_SWEEP_ID"
"""How a job knows the sweep it belongs to; Hydra sets it in whatever process runs the job."""

Overrides = Sequence[str]


@dataclass(frozen=True)
class Plan:
    """The runs of one command, each configuration once; `pending` are to be trained."""

    jobs: dict[str, tuple[Configuration, Overrides]]
    pending: list[str]

    @property
    def sweep_id(self) -> str:
        return sweep_id_of(set(self.jobs))


def sweep(
    overrides: Sequence[Overrides],
    compose: Callable[[Overrides], DictConfig],
    launch: Callable[[Sequence[Overrides]], Sequence[JobReturn]],
) -> list[JobReturn]:
    """Validate the jobs, leave out what is finished, train the rest, log the sweep as a run.

    `overrides` is one list per job, `compose` makes a job's keys of it, `launch` runs jobs.

    Raises `InputError` before anything trains where a job's values, the data or the store are
    wrong; the first failure of a job after all jobs have run.
    """
    keys = [compose(job) for job in overrides]
    configurations = [configuration_of(cfg) for cfg in keys]
    first = keys[0]
    if any(cfg.tracking != first.tracking or cfg.data.root != first.data.root for cfg in keys):
        raise InputError(
            "tracking.uri, tracking.experiment and data.root must be the same for all runs of a "
            "sweep; start one command for each"
        )
    tracking = open_tracking(first.tracking.uri, first.tracking.experiment)
    jobs = {
        configuration.config_hash: (configuration, job)
        for configuration, job in zip(configurations, overrides, strict=True)
    }
    finished = tracking.finished() if first.skip_finished else {}
    plan = Plan(jobs, [config_hash for config_hash in jobs if config_hash not in finished])
    log.info(
        f"Sweep {plan.sweep_id}: {len(jobs)} configurations, {len(plan.pending)} to train, "
        f"{len(jobs) - len(plan.pending)} finished before"
    )
    if not plan.pending:
        log.info("Nothing to train; skip_finished=false trains all again.")
        return []
    fetch_if_missing(first.data.root, log.info)
    train_split, _ = data.load(first.data.root)
    with tracking.run(
        f"sweep of {len(jobs)}",
        {"kind": "sweep", "sweep_id": plan.sweep_id, "command": shlex.join(sys.argv)},
        resume=_earlier_sweep_run(tracking, plan.sweep_id),
    ) as run_log:
        _log_plan(run_log, plan, train_split)
        sweep_key = f"hydra.job.env_set.{SWEEP_ID_VARIABLE}='{plan.sweep_id}'"
        results = launch([[*jobs[config_hash][1], sweep_key] for config_hash in plan.pending])
        _report(results)
    return list(results)


def _earlier_sweep_run(tracking: Tracking, sweep_id: str) -> str | None:
    condition = f"tags.kind = 'sweep' and tags.sweep_id = '{sweep_id}'"
    return next((run.info.run_id for run in tracking.runs(condition)), None)


def _log_plan(run_log: RunLog, plan: Plan, train_split: Split) -> None:
    """What belongs to the sweep as a whole: its plan and the lesson's picture of the data."""
    from runner.pictures import save_first_images  # Matplotlib takes time to import: only to train

    rows = [
        {"config_hash": config_hash, **configuration.params}
        for config_hash, (configuration, _) in plan.jobs.items()
    ]
    run_log.text(json.dumps(rows, indent=1), "plan.json")
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "first_training_images.png"
        save_first_images(train_split, picture)
        run_log.file(picture)


def _report(results: Sequence[JobReturn]) -> None:
    """Say what became of the runs; raise the first failure."""
    failed = [
        result
        for result in results
        if result.status is not JobStatus.COMPLETED or isinstance(result.return_value, InputError)
    ]
    outcomes = Counter(result.return_value.outcome for result in results if result not in failed)
    counts = [f"{count} {outcome}" for outcome, count in sorted(outcomes.items())]
    counts += [f"{len(failed)} failed"] if failed else []
    log.info(f"{len(results)} runs: {', '.join(counts)}")
    for result in failed:
        error = result.return_value  # Hydra raises here what the job raised
        raise error
