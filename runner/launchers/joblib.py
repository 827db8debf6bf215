"""`hydra/launcher=joblib`: Hydra's own launcher, with workers that die with their command.

Each worker computes in one thread, unless the environment sets `OMP_NUM_THREADS`. By default joblib
shares out the processors, but this model's operations are slower in several threads.
"""

from dataclasses import asdict

from hydra_plugins.hydra_joblib_launcher.config import JobLibLauncherConf  # first: ours is valid

from runner.launchers.launcher import Launcher

INITIALIZER = {"_target_": "hydra.utils.get_method", "path": "runner.process.follow_commander"}

JOBLIB = Launcher(
    name="joblib",
    summary="runs in several processes; hydra.launcher.n_jobs=4 sets how many",
    settings={
        **asdict(JobLibLauncherConf()),
        "initializer": INITIALIZER,
        "inner_max_num_threads": "${oc.env:OMP_NUM_THREADS,1}",
    },
)
