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
from omegaconf import DictConfig, OmegaConf

from runner import data
from runner.config import Configuration, configuration_of, sweep_id_of
from runner.console import log, plural
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
    if not overrides:
        raise InputError("the sweep is empty: one of its keys has no value; try seed=range(1,6)")
    keys = [compose(job) for job in overrides]
    configurations = [configuration_of(cfg) for cfg in keys]
    first = keys[0]
    for key in ("tracking.uri", "tracking.experiment", "data.root", "skip_finished"):
        if any(OmegaConf.select(cfg, key) != OmegaConf.select(first, key) for cfg in keys):
            raise InputError(f"{key} must be the same in a whole sweep; start a command for each")
    data.locate(first.data.root)  # a wrong folder is told before a store is made
    tracking = open_tracking(first.tracking.uri, first.tracking.experiment)
    jobs = {
        configuration.config_hash: (configuration, job)
        for configuration, job in zip(configurations, overrides, strict=True)
    }
    finished = tracking.finished() if first.skip_finished else {}
    plan = Plan(jobs, [config_hash for config_hash in jobs if config_hash not in finished])
    earlier = _earlier_sweep_run(tracking, plan.sweep_id)
    if plan.pending or not earlier:
        fetch_if_missing(first.data.root, log.info)
        train_split, test_split = data.load(first.data.root)
    log.info(
        f"Sweep {plan.sweep_id}: {len(jobs)} {plural(len(jobs), 'configuration')}, "
        f"{len(plan.pending)} to train, {len(jobs) - len(plan.pending)} finished before"
    )
    if not plan.pending:
        log.info("Nothing to train; skip_finished=false trains all again.")
        if earlier:
            return []
    from runner.models import log_best_models  # imports much of MLflow: only to train

    with tracking.run(
        f"sweep of {len(jobs)}",
        {"kind": "sweep", "sweep_id": plan.sweep_id, "command": shlex.join(sys.argv)},
        resume=earlier,
    ) as run_log:
        _log_plan(run_log, plan, train_split)
        sweep_key = f"hydra.job.env_set.{SWEEP_ID_VARIABLE}='{plan.sweep_id}'"
        pending = [[*jobs[config_hash][1], sweep_key] for config_hash in plan.pending]
        results = launch(pending) if pending else []
        log_best_models(tracking, plan.jobs, test_split)
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
    """Say what became of the runs; raise what the first failed one raised.

    A job hands back its outcome, or the `InputError` that ended it.
    """
    ended, failed = [], []
    for result in results:
        completed = result.status is JobStatus.COMPLETED
        outcome = result.return_value if completed else None
        if isinstance(outcome, str):
            ended.append(outcome)
        else:
            failed.append(result)
    counts = [f"{count} {outcome}" for outcome, count in sorted(Counter(ended).items())]
    counts += [f"{len(failed)} failed"] if failed else []
    if results:
        log.info(f"{len(results)} {plural(len(results), 'run')}: {', '.join(counts)}")
    for result in failed:
        log.info(f"failed: {' '.join(result.overrides or ())}")
    if failed:
        raise failed[0].return_value  # reading it raises it already where Hydra caught it
