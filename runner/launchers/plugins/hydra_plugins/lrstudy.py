"""What Hydra finds in the package hydra_plugins: the sweeper, and the launchers of `LAUNCHERS`.

Hydra imports every plugin at every start, so nothing heavy is imported here.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override, RangeSweep, Sweep
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, configure_log, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from runner.launchers import LAUNCHERS, Jobs
from runner.process import InputError

MOST_JOBS = 300_000
"""Configurations of a sweep. More would take weeks to train and all memory to list."""


@dataclass
class LrstudySweeperConf:
    _target_: str = "hydra_plugins.lrstudy.LrstudySweeper"
    params: dict[str, str] = field(default_factory=dict)
    grids: list[dict[str, str]] = field(default_factory=list)


STORE = ConfigStore.instance()
STORE.store(group="hydra/sweeper", name="lrstudy", node=LrstudySweeperConf, provider="lrstudy")
for name, one in LAUNCHERS.items():
    STORE.store(group="hydra/launcher", name=name, node=one.settings, provider="lrstudy")


class LrstudyLauncher(Launcher):
    """Passes the jobs to the launcher of this `kind`, with its settings."""

    def __init__(self, kind: str, **settings: Any) -> None:
        self.kind = kind
        self.settings = {
            key: OmegaConf.to_object(value) if OmegaConf.is_config(value) else value
            for key, value in settings.items()
        }

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.hydra_context = hydra_context
        self.task_function = task_function
        self.config = config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        setup_globals()
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        jobs = Jobs(
            self.hydra_context, self.task_function, self.config, job_overrides, initial_job_idx
        )
        launch = LAUNCHERS[self.kind].launch
        assert launch is not None  # a launcher without one names another class in its settings
        return launch(jobs, **self.settings)


class LrstudySweeper(Sweeper):
    """Sweeps over every combination of values: validates, plans, launches and logs them.

    `params` are a preset's swept values in Hydra's syntax. If one grid is not enough, `grids`
    lists several, each added to `params`; their jobs follow one another. The command line
    overrides both.
    """

    def __init__(
        self,
        params: Mapping[str, str] | None = None,
        grids: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        self.params = params or {}
        self.grids = grids or [{}]
        self.launched = 0

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        from runner.sweeps import ForgetConfiguration, MergingLoader

        self.loader = MergingLoader(hydra_context.config_loader)
        self.master: DictConfig = config
        hydra_context.callbacks.callbacks.append(ForgetConfiguration())
        self.job_launcher = Plugins.instance().instantiate_launcher(
            hydra_context=HydraContext(self.loader, hydra_context.callbacks),
            task_function=task_function,
            config=config,
        )

    def sweep(self, arguments: list[str]) -> Any:
        from runner.sweeps import run_sweep

        overrides: list[list[str]] = []
        for grid in self.grids:
            overrides += self._product(grid, arguments, MOST_JOBS - len(overrides))
        launcher = LAUNCHERS.get(self.master.hydra.runtime.choices["hydra/launcher"])

        def compose(job: Sequence[str]) -> DictConfig:
            return self.loader.load_keys(self.master, list(job))

        def check(store: str) -> None:
            if launcher:
                launcher.check(store, self.master.hydra.launcher)

        def launch(jobs: Sequence[Sequence[str]]) -> Any:
            folder = Path(self.master.hydra.sweep.dir)
            folder.mkdir(parents=True, exist_ok=True)
            OmegaConf.save(self.master, folder / "multirun.yaml")
            first, self.launched = self.launched, self.launched + len(jobs)
            return self.job_launcher.launch(jobs, initial_job_idx=first)

        return run_sweep(overrides, compose, launch, check)

    def _product(
        self, grid: Mapping[str, str], arguments: Sequence[str], most: int
    ) -> list[list[str]]:
        """Every combination of one grid's values; if a key is given twice, the last counts.

        Raises `InputError` for more than `most`, and for values that cannot be listed.
        """
        texts = [f"{key}={value}" for key, value in {**self.params, **grid}.items()]
        parser = OverridesParser.create(config_loader=self.loader)
        last = {one.get_key_element(): one for one in parser.parse_overrides([*texts, *arguments])}
        count = 1
        for one in last.values():
            if one.is_sweep_override():
                _check_values(one)
                count *= _count_values(one, most + 1)
            if count > most:
                raise InputError(
                    f"a sweep must have at most {MOST_JOBS} configurations, got more; give "
                    f"{one.key_or_group} fewer values"
                )
        (jobs,) = BasicSweeper.split_arguments(list(last.values()), None)
        return jobs


def _count_values(override: Override, most: int) -> int:
    """How many values a key is swept over, counted up to `most`: a range may never end."""
    value = override.value()
    values = value.range() if isinstance(value, RangeSweep) else override.sweep_string_iterator()
    return sum(1 for _ in itertools.islice(values, most))


def _check_values(override: Override) -> None:
    """Raise `InputError` for an interval, and for a list with a range or another list in it."""
    value = override.value()
    nested = isinstance(value, ChoiceSweep) and any(isinstance(one, Sweep) for one in value.list)
    if nested or not override.is_discrete_sweep():
        raise InputError(
            f"the values of {override.input_line} must be a list or one range, such as "
            "lr=1,0.1 or 'seed=range(1,6)'"
        )
