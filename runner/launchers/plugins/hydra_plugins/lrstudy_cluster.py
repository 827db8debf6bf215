"""`hydra/launcher=ray`, `submitit_slurm` and `submitit_local`: a sweep's jobs on other machines.

Their configurations stand in conf/hydra/launcher. Hydra imports every plugin at every start, so
nothing heavy is imported here, and nothing that may not be installed.
"""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.utils import JobReturn, configure_log, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

if TYPE_CHECKING:
    from runner.launchers.cluster import Cluster


class ClusterLauncher(Launcher):
    """Sends jobs to a cluster; one whose process is killed starts again `retries` times."""

    retries: int

    @abstractmethod
    def cluster(self) -> "Cluster":
        """The cluster, joined."""

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.hydra_context = hydra_context
        self.task_function = task_function
        self.config = config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        from runner.launchers.cluster import Sent, run_all
        from runner.launchers.remote import environment, packed

        setup_globals()
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)

        def compose(number: int) -> Sent:
            cfg = self.hydra_context.config_loader.load_sweep_config(
                self.config, list(job_overrides[number])
            )
            with open_dict(cfg):
                cfg.hydra.job.id = cfg.hydra.job.num = initial_job_idx + number
            return Sent(packed(cfg), self.hydra_context, self.task_function, environment())

        return run_all(self.cluster(), compose, len(job_overrides), self.retries)


class RayLauncher(ClusterLauncher):
    """Jobs on a Ray cluster that is there already (`runner.launchers.ray`)."""

    def __init__(self, address: str, num_cpus: float, retries: int) -> None:
        self.address = address
        self.num_cpus = num_cpus
        self.retries = retries

    def cluster(self) -> "Cluster":
        from runner.launchers.ray import RayCluster

        return RayCluster(self.address, self.num_cpus)


class SubmititLauncher(ClusterLauncher):
    """Jobs through submitit (`runner.launchers.submitit`), with the parameters of its executor."""

    def __init__(self, executor: str, retries: int, **parameters: Any) -> None:
        self.executor = executor
        self.retries = retries
        self.parameters = {
            name: OmegaConf.to_object(value) if OmegaConf.is_config(value) else value
            for name, value in parameters.items()
        }

    def cluster(self) -> "Cluster":
        from runner.launchers.submitit import SubmititCluster

        folder = Path(self.config.hydra.sweep.dir).absolute() / ".submitit"
        return SubmititCluster(self.executor, str(folder), self.parameters)
