"""What a sweep is going to do: its jobs, each configuration once, and what is left to train."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from omegaconf import DictConfig, OmegaConf

from runner.configuration import Configuration, sweep_id_of
from runner.keys import configuration_of
from runner.process import InputError
from runner.tracking import Tracking

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

STATES = {"FINISHED": "finished", "FAILED": "failed before"}
"""What a plan calls a configuration by the status of its run; "new" for any other."""

Overrides = Sequence[str]


@dataclass(frozen=True)
class Job:
    """A configuration to train and the overrides that ask Hydra for it."""

    configuration: Configuration
    overrides: Overrides


@dataclass(frozen=True)
class Plan:
    """The jobs of one command by `config_hash`; `pending` are the ones to train.

    `states` holds "new", "finished" or "failed before" for each.
    """

    jobs: Mapping[str, Job]
    states: Mapping[str, str]
    pending: Sequence[str]

    @property
    def sweep_id(self) -> str:
        return sweep_id_of(set(self.jobs))


def validate(
    overrides: Sequence[Overrides], compose: Callable[[Overrides], DictConfig]
) -> tuple[dict[str, Job], DictConfig]:
    """The jobs, each configuration once, and the keys of the first for those all share.

    `overrides` is one list per job, `compose` makes a job's keys of it.

    Raises `InputError` for an empty sweep and for any value that is wrong in any job.
    """
    if not overrides:
        raise InputError("the sweep is empty: one of its keys has no value; try seed=range(1,6)")
    jobs = {}
    first = compose(overrides[0])
    if first.rerun is not None:
        raise InputError(
            "rerun trains one run again, no sweep; leave out -m (--multirun) and presets"
        )
    for job in overrides:
        cfg = compose(job)
        configuration = configuration_of(cfg)
        jobs[configuration.config_hash] = Job(configuration, job)
        for key in SHARED_KEYS:
            if OmegaConf.select(cfg, key) != OmegaConf.select(first, key):
                raise InputError(
                    f"{key} must be the same in a whole sweep; start a command for each"
                )
    return jobs, first


def make_plan(jobs: Mapping[str, Job], tracking: Tracking | None, skip_finished: bool) -> Plan:
    """Look up once what has become of each job's configuration; `tracking` None: nothing yet."""
    earlier = tracking.latest() if tracking else {}
    states = {
        config_hash: STATES.get(earlier[config_hash].info.status, "new")
        if config_hash in earlier
        else "new"
        for config_hash in jobs
    }
    pending = [
        config_hash
        for config_hash, state in states.items()
        if not (skip_finished and state == "finished")
    ]
    return Plan(jobs, states, pending)
