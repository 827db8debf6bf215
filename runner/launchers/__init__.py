"""Launchers: ways to spread the jobs of a sweep over stacks, processes and machines.

Each launcher is one object in one file, listed in `LAUNCHERS` for Hydra's groups, the help and the
checks. `plugins` holds the one module that Hydra finds. Hydra imports this room at every start, so
nothing heavy is imported here.
"""

from runner.launchers.joblib import JOBLIB
from runner.launchers.launcher import Jobs, Launcher
from runner.launchers.ray import RAY
from runner.launchers.stacked import STACKED
from runner.launchers.submitit import SUBMITIT_LOCAL, SUBMITIT_SLURM

LAUNCHERS: dict[str, Launcher] = {
    launcher.name: launcher
    for launcher in (
        JOBLIB,
        STACKED,
        RAY,
        SUBMITIT_SLURM,
        SUBMITIT_LOCAL,
    )
}
"""Each launcher by the name that users type. Hydra's own `basic` runs jobs one by one."""

__all__ = ["LAUNCHERS", "Jobs", "Launcher"]
