"""Makes Hydra's configuration for each job from one composition, by setting the job's values.

Hydra composes every job of a sweep from scratch, and twice if a sweeper validates first. That costs
more than training a small job; setting some values costs little.
"""

import contextlib
import pickle
from collections.abc import Callable, Sequence
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl, get_overrides_dirname
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

from runner.keys import hide_address

CACHE_SIZE = 2000
"""Configurations kept in memory; each takes 16 kB."""


class MergingLoader(ConfigLoaderImpl):
    """Hydra's loader, but it composes a sweep's jobs only once per choice of config groups.

    Each job gets the same configuration as from Hydra's own `load_sweep_config`.
    """

    def __init__(self, loader: ConfigLoader) -> None:
        super().__init__(loader.get_search_path())
        self.composed: dict[tuple[str, ...], bytes] = {}
        self.keys: dict[tuple[str, ...], bytes] = {}
        """The same without Hydra's own keys."""
        self.parsed: dict[str, tuple[Override, bool]] = {}
        """Each override by its text, and whether it selects from a config group."""
        self.jobs: dict[tuple[str, ...], bytes] = {}
        """The last `CACHE_SIZE` jobs; the plan, the launcher and the starting job ask for each.

        Pickled, because each caller needs a copy and unpickling is several times faster than
        `deepcopy`.
        """

    def __getstate__(self) -> dict[str, Any]:
        """The state sent to a worker with each job, without the other jobs."""
        return {**self.__dict__, "jobs": {}, "parsed": {}}

    def load_sweep_config(
        self, master_config: DictConfig, sweep_overrides: list[str]
    ) -> DictConfig:
        """The configuration of the job with these overrides."""
        for_hydra = [text for text in sweep_overrides if text.lstrip("+~").startswith("hydra.")]
        for_job = [text for text in sweep_overrides if text not in for_hydra]
        cfg = _cached_copy(self.jobs, for_job, master_config, self._merge)
        if for_hydra:  # added by the sweep after its plan was made
            parsed = OverridesParser.create().parse_overrides(for_hydra)
            self._apply_overrides_to_config(parsed, cfg)
            cfg.hydra.overrides.hydra += for_hydra
        return cfg

    def load_keys(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """The same to be looked at only: without Hydra's own keys, which take most of the time.

        A value with `${` may refer to these, so then they are there.
        """
        if any("${" in text or text.lstrip("+~").startswith("hydra") for text in sweep_overrides):
            return self.load_sweep_config(master_config, sweep_overrides)
        choices, values = self._parse(sweep_overrides)
        cfg = _cached_copy(self.keys, choices, master_config, self._compose_keys)
        self._apply_overrides_to_config(values, cfg)
        hide_address(cfg)
        return cfg

    def _compose(self, master_config: DictConfig, choices: list[str]) -> DictConfig:
        return _cached_copy(self.composed, choices, master_config, super().load_sweep_config)

    def _compose_keys(self, master_config: DictConfig, choices: list[str]) -> DictConfig:
        cfg = self._compose(master_config, choices)
        with read_write(cfg), open_dict(cfg):
            del cfg["hydra"]
        with contextlib.suppress(OmegaConfBaseException):  # reported with the other wrong values
            OmegaConf.resolve(cfg.tracking)  # once, and not for every job
        return cfg

    def _parse(self, texts: Sequence[str]) -> tuple[list[str], list[Override]]:
        """The overrides that select from config groups, as texts, and all others."""
        for text in texts:
            if text not in self.parsed:
                (one,) = OverridesParser.create().parse_overrides([text])
                self.parsed[text] = one, self._chooses_group(one)
        parsed = [self.parsed[text] for text in texts]
        choices = [str(one.input_line) for one, chooses in parsed if chooses]
        return choices, [one for one, chooses in parsed if not chooses]

    def _merge(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        choices, values = self._parse(sweep_overrides)
        overrides = [self.parsed[text][0] for text in sweep_overrides]
        cfg = self._compose(master_config, choices)
        self._apply_overrides_to_config(values, cfg)
        for_task = [one for one in overrides if not one.is_hydra_override()]
        for_hydra = [one for one in overrides if one.is_hydra_override()]
        cfg.hydra.overrides.task = [one.input_line for one in for_task]
        cfg.hydra.overrides.hydra = [
            *master_config.hydra.overrides.hydra,
            *(one.input_line for one in for_hydra),
        ]
        settings = cfg.hydra.job.config.override_dirname
        cfg.hydra.job.override_dirname = get_overrides_dirname(
            overrides=for_task,
            kv_sep=settings.kv_sep,
            item_sep=settings.item_sep,
            exclude_keys=list(settings.exclude_keys),
        )
        hide_address(cfg)
        return cfg

    def _chooses_group(self, override: Override) -> bool:
        """Whether an override selects from a config group, which only Hydra can do."""
        is_mapping = isinstance(override.value(), dict)
        return not is_mapping and self.repository.group_exists(override.key_or_group)


def _cached_copy(
    kept: dict[tuple[str, ...], bytes],
    overrides: Sequence[str],
    master_config: DictConfig,
    make: Callable[[DictConfig, list[str]], DictConfig],
) -> DictConfig:
    """A copy of the cached configuration for these overrides; `make` fills the cache."""
    key = tuple(overrides)
    if key in kept:
        cfg: DictConfig = pickle.loads(kept[key])
    else:
        if len(kept) == CACHE_SIZE:
            del kept[next(iter(kept))]
        cfg = make(master_config, list(overrides))
        kept[key] = pickle.dumps(cfg)
    # Cached resolvers keep the time at which the command started.
    OmegaConf.copy_cache(from_config=master_config, to_config=cfg)
    return cfg


class ForgetConfiguration(Callback):
    """Drops the configuration from the return value of a job: it is large and unused.

    Launchers keep the return values of all jobs of a sweep.
    """

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        job_return.cfg = job_return.hydra_cfg = None
