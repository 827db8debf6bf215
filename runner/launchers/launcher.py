"""What defines a launcher: its settings, what it needs, and how it runs the jobs of a sweep."""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.utils import JobReturn
from hydra.types import HydraContext, TaskFunction
from omegaconf import MISSING, DictConfig, open_dict

from runner.process import InputError


@dataclass
class Settings:
    """The keys `hydra.launcher.*`; each launcher adds its own fields."""

    _target_: str = "hydra_plugins.lrstudy.LrstudyLauncher"
    kind: str = MISSING


@dataclass(frozen=True)
class Jobs:
    """The jobs of a sweep as a launcher gets them from Hydra; `overrides` has one list per job."""

    context: HydraContext
    task: TaskFunction
    config: DictConfig
    overrides: Sequence[Sequence[str]]
    first: int

    def compose(self, number: int) -> DictConfig:
        """The configuration of job `number`, counted from 0."""
        loader = self.context.config_loader
        cfg = loader.load_sweep_config(self.config, list(self.overrides[number]))
        with open_dict(cfg):
            cfg.hydra.job.id = cfg.hydra.job.num = self.first + number
        return cfg

    def keys(self, number: int) -> DictConfig:
        """The same to be looked at only, without Hydra's own keys: several times as fast."""
        loader: Any = self.context.config_loader
        own = [text for text in self.overrides[number] if not text.startswith("hydra.")]
        keys: DictConfig = loader.load_keys(self.config, own)
        return keys


@dataclass(frozen=True)
class Launcher:
    """A way to run the jobs of a sweep; `hydra/launcher=NAME` selects it.

    `summary` is its line in the help. `settings` is a dataclass whose fields are the keys
    `hydra.launcher.*`. `launch` takes the jobs and these settings by name and returns the value
    of each job; it is None if the settings name one of Hydra's own plugins. `package` is what the
    launcher needs besides lrstudy, and `extra` the extra that installs it. `several_machines`
    means that a store on this machine's disk is not enough.
    """

    name: str
    summary: str
    settings: Any
    launch: Callable[..., Sequence[JobReturn]] | None = None
    package: str | None = None
    extra: str | None = None
    several_machines: bool = False

    def check(self, store: str, settings: DictConfig) -> None:
        """Raise `InputError` if it is not installed or its jobs could not reach the store.

        Also for no processes, in its `settings`.
        """
        if settings.get("n_jobs") == 0:
            raise InputError(
                "hydra.launcher.n_jobs must be a number of processes, or -1 for one per core, got 0"
            )
        if self.package and importlib.util.find_spec(self.package) is None:
            raise InputError(
                f"hydra/launcher={self.name} needs the package {self.package}, which is not "
                f"installed; pip install 'lrstudy[{self.extra}]' installs it"
            )
        if self.several_machines and store.startswith("sqlite:"):
            raise InputError(
                f"hydra/launcher={self.name} trains on several machines, which cannot share "
                f"{store}; start a tracking server (mlflow server) and give its address: "
                "tracking.uri=http://SERVER:5000"
            )
