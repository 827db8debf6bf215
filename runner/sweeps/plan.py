"""Plans a sweep: its jobs, each configuration once, and which are left to train."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mlflow.entities import Run
from omegaconf import DictConfig, OmegaConf

from runner.configuration import Configuration, sweep_id_of
from runner.keys import configuration_of
from runner.process import InputError, log, plural
from runner.sweeps.latest_runs import latest
from runner.tracking import Tracking, damage

SHARED_KEYS = (
    "tracking.uri",
    "tracking.experiment",
    "data.name",
    "data.root",
    "skip_finished",
    "dry_run",
    "fail_fast",
)
"""The keys that must be the same in all jobs of a sweep."""

Overrides = Sequence[str]


@dataclass(frozen=True)
class Job:
    """A configuration to train, and the overrides that select it in Hydra."""

    configuration: Configuration
    overrides: Overrides


@dataclass(frozen=True)
class Plan:
    """The jobs of one command by `config_hash`; `pending` lists those to train.

    `finished` has the runs of those that were finished before. `states` is "new", "finished",
    "failed before" or "damaged" for each: one whose finished run lacks what it must hold is
    trained again.
    """

    jobs: Mapping[str, Job]
    states: Mapping[str, str]
    pending: Sequence[str]
    finished: Mapping[str, Run]

    @property
    def sweep_id(self) -> str:
        return sweep_id_of(set(self.jobs))


def validate(
    overrides: Sequence[Overrides], compose: Callable[[Overrides], DictConfig]
) -> tuple[dict[str, Job], DictConfig]:
    """The jobs, each configuration once, and the keys of the first job.

    `overrides` has one list per job; `compose` turns it into the job's keys.

    Raises `InputError` for an empty sweep, for a wrong value in any job, and for `SHARED_KEYS` that
    differ.
    """
    if not overrides:
        raise InputError("the sweep is empty: one of its keys has no value; try seed=range(1,6)")
    jobs: dict[str, Job] = {}
    first = compose(overrides[0])
    shared = [OmegaConf.select(first, key) for key in SHARED_KEYS]
    if first.rerun is not None:
        raise InputError(
            "rerun repeats one run, not a sweep; leave out -m (--multirun) and presets"
        )
    for job in overrides:
        cfg = compose(job)
        configuration = configuration_of(cfg)
        jobs.setdefault(configuration.config_hash, Job(configuration, job))
        for key, value in zip(SHARED_KEYS, shared, strict=True):
            if OmegaConf.select(cfg, key) != value:
                raise InputError(
                    f"{key} must be the same in the whole sweep; run one command for each value"
                )
    return jobs, first


def dropped(duplicates: int) -> str:
    """How many jobs had the configuration of another, for the end of a line; nothing if none."""
    return f", {duplicates} {plural(duplicates, 'duplicate')} dropped" if duplicates else ""


def make_plan(jobs: Mapping[str, Job], tracking: Tracking | None, skip_finished: bool) -> Plan:
    """Look up the state of each configuration; without `tracking` all are new."""
    earlier = latest(tracking) if tracking else {}
    states = {config_hash: _state(earlier.get(config_hash)) for config_hash in jobs}
    pending = [
        config_hash
        for config_hash, state in states.items()
        if not (skip_finished and state == "finished")
    ]
    finished = {one: earlier[one] for one, state in states.items() if state == "finished"}
    return Plan(jobs, states, pending, finished)


def _state(run: Run | None) -> str:
    """The state of a configuration by its latest run; a damaged one is named."""
    if run is None or run.info.status not in ("FINISHED", "FAILED"):
        return "new"
    if run.info.status == "FAILED":
        return "failed before"
    reason = damage(run)
    if reason is None:
        return "finished"
    log.info(f"MLflow run {run.info.run_id} is damaged: {reason}; its configuration counts as new")
    return "damaged"
