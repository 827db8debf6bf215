"""`hydra/launcher=joblib`, its workers bound to the command that starts them.

Each computes in one thread, unless the environment sets `OMP_NUM_THREADS`: joblib would share
out the processors, and an operation of this model takes longer in several.

Importing the launcher's own configuration first makes this one the later, and so the valid one.
"""

from dataclasses import asdict

from hydra.core.config_store import ConfigStore
from hydra_plugins.hydra_joblib_launcher.config import JobLibLauncherConf

INITIALIZER = {"_target_": "hydra.utils.get_method", "path": "runner.process.follow_commander"}

ConfigStore.instance().store(
    group="hydra/launcher",
    name="joblib",
    node={
        **asdict(JobLibLauncherConf()),
        "initializer": INITIALIZER,
        "inner_max_num_threads": "${oc.env:OMP_NUM_THREADS,1}",
    },
    provider="lrstudy",
)
