"""Hydra's configuration of each job, made from one composition by setting the job's values.

Hydra composes every job of a sweep anew, and does so twice where a sweeper validates first. That
costs more than the training of a small job; setting some values costs little.
"""

import pickle
from collections.abc import Callable, Sequence
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl, get_overrides_dirname
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

CACHE_SIZE = 2000
"""Configurations that are kept; each takes 16 kB."""


class MergingLoader(ConfigLoaderImpl):
    """Hydra's loader, except that it composes the jobs of a sweep once per choice of config groups.

    What a job gets is what Hydra's own `load_sweep_config` gives it.
    """

    def __init__(self, loader: ConfigLoader) -> None:
        super().__init__(loader.get_search_path())
        self.composed: dict[tuple[str, ...], bytes] = {}
        self.jobs: dict[tuple[str, ...], bytes] = {}
        """The last `CACHE_SIZE` jobs: the plan asks for each, a launcher does, and the job as it begins.

        Pickled: who asks gets a copy, and unpickling is several times faster than `deepcopy`.
        """

    def __getstate__(self) -> dict[str, Any]:
        """What travels to a worker with each job: not the other jobs."""
        return {**self.__dict__, "jobs": {}}

    def load_sweep_config(
        self, master_config: DictConfig, sweep_overrides: list[str]
    ) -> DictConfig:
        """The configuration of the job that `sweep_overrides` ask for."""
        of_hydra = [text for text in sweep_overrides if text.lstrip("+~").startswith("hydra.")]
        of_job = [text for text in sweep_overrides if text not in of_hydra]
        cfg = _cached_copy(self.jobs, of_job, master_config, self._merge)
        if of_hydra:  # a sweep's own, which its plan has not yet
            self._apply_overrides_to_config(OverridesParser.create().parse_overrides(of_hydra), cfg)
            cfg.hydra.overrides.hydra += of_hydra
        return cfg

    def _merge(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        overrides = OverridesParser.create().parse_overrides(sweep_overrides)
        choices = [str(one.input_line) for one in overrides if self._chooses_group(one)]
        values = [one for one in overrides if not self._chooses_group(one)]
        cfg = _cached_copy(self.composed, choices, master_config, super().load_sweep_config)
        self._apply_overrides_to_config(values, cfg)
        of_task = [one for one in overrides if not one.is_hydra_override()]
        of_hydra = [one for one in overrides if one.is_hydra_override()]
        cfg.hydra.overrides.task = [one.input_line for one in of_task]
        cfg.hydra.overrides.hydra = [
            *master_config.hydra.overrides.hydra,
            *(one.input_line for one in of_hydra),
        ]
        settings = cfg.hydra.job.config.override_dirname
        cfg.hydra.job.override_dirname = get_overrides_dirname(
            overrides=of_task,
            kv_sep=settings.kv_sep,
            item_sep=settings.item_sep,
            exclude_keys=list(settings.exclude_keys),
        )
        return cfg

    def _chooses_group(self, override: Override) -> bool:
        """Whether an override chooses from a config group, so that only Hydra can apply it."""
        is_mapping = isinstance(override.value(), dict)
        return not is_mapping and self.repository.group_exists(override.key_or_group)


def _cached_copy(
    kept: dict[tuple[str, ...], bytes],
    overrides: Sequence[str],
    master_config: DictConfig,
    make: Callable[[DictConfig, list[str]], DictConfig],
) -> DictConfig:
    """A copy of what is kept for these overrides; made first, where nothing is."""
    key = tuple(overrides)
    if key not in kept:
        if len(kept) == CACHE_SIZE:
            del kept[next(iter(kept))]
        kept[key] = pickle.dumps(make(master_config, list(overrides)))
    cfg: DictConfig = pickle.loads(kept[key])
    OmegaConf.copy_cache(from_config=master_config, to_config=cfg)  # the time of the command
    return cfg


class ForgetConfiguration(Callback):
    """Takes the configuration out of what an ended job hands back: it is large and nobody asks.

    Launchers keep what all jobs of a sweep hand back.
    """

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        job_return.cfg = job_return.hydra_cfg = None
