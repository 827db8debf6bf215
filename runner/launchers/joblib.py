"""`hydra/launcher=joblib`: Hydra's own launcher, with workers that die with their command.

Each worker computes in one thread, unless the environment sets `OMP_NUM_THREADS`. By default joblib
shares out the processors, but this model's operations are slower in several threads.
"""

from dataclasses import dataclass, field

from hydra_plugins.hydra_joblib_launcher.config import JobLibLauncherConf  # first: ours is valid

from runner.launchers.launcher import Launcher

INITIALIZER = {"_target_": "hydra.utils.get_method", "path": "runner.process.follow_commander"}


@dataclass
class JoblibSettings(JobLibLauncherConf):  # type: ignore[misc]  # the package has no types
    initializer: dict[str, str] = field(default_factory=lambda: INITIALIZER)
    inner_max_num_threads: str = "${oc.env:OMP_NUM_THREADS,1}"


JOBLIB = Launcher(
    name="joblib",
    summary="runs in several processes; hydra.launcher.n_jobs=4 sets how many",
    settings=JoblibSettings,
)
