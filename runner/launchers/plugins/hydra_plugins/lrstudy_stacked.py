"""`hydra/launcher=stacked`: the jobs of a sweep that can train together do.

Hydra imports every plugin at every start, so nothing heavy is imported here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn, configure_log, run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict


@dataclass
class StackedLauncherConf:
    _target_: str = "hydra_plugins.lrstudy_stacked.StackedLauncher"
    n_jobs: int = -1


ConfigStore.instance().store(
    group="hydra/launcher", name="stacked", node=StackedLauncherConf, provider="lrstudy"
)


class StackedLauncher(Launcher):
    """Trains the jobs in stacks, then runs each as Hydra's own launcher does.

    Jobs that share `order_seed`, `batch_size`, `epochs`, `loss` and the limits form a stack; one
    that is too wide for the memory, or wide enough for several processes, is split
    (`runner.launchers.grouping` says where). Up to `n_jobs` processes train at a time (-1: one for
    each core). A job is still a run of its
    own, with its own folder, log, outcome and post-mortem: it takes what its stack trained. An
    error in a stack is the error of each of its jobs, and of no other.
    """

    def __init__(self, n_jobs: int) -> None:
        self.n_jobs = n_jobs

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.hydra_context = hydra_context
        self.task_function = task_function
        self.config = config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        from runner.keys import configuration_of
        from runner.launchers.grouping import stacks_of
        from runner.launchers.spread import processes_of, train_spread
        from runner.runs import hand_over

        setup_globals()
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        configurations = [configuration_of(self._compose(job)) for job in job_overrides]
        stacks = stacks_of(configurations, processes_of(self.n_jobs))
        returned: dict[int, JobReturn] = {}
        for place, trained in train_spread(
            [[configurations[job] for job in stack] for stack in stacks],
            self._compose(job_overrides[0]).data.root,
            self.n_jobs,
        ):
            for column, job in enumerate(stacks[place]):
                each = trained if isinstance(trained, Exception) else trained[column]
                hand_over(configurations[job].config_hash, each)
                returned[job] = self._run(job_overrides[job], initial_job_idx + job)
        return [returned[job] for job in range(len(job_overrides))]

    def _compose(self, overrides: Sequence[str]) -> DictConfig:
        return self.hydra_context.config_loader.load_sweep_config(self.config, list(overrides))

    def _run(self, overrides: Sequence[str], number: int) -> JobReturn:
        cfg = self._compose(overrides)
        with open_dict(cfg):
            cfg.hydra.job.id = cfg.hydra.job.num = number
        Path(cfg.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
        returned = run_job(
            hydra_context=self.hydra_context,
            task_function=self.task_function,
            config=cfg,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        return returned
