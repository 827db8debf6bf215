"""Launchers: how the jobs of a sweep are spread over stacks, processes and machines.

A launcher is one object in one file; Hydra's groups, the help and the checks take the list from
`LAUNCHERS`. `plugins` holds the one module that Hydra finds. Nothing heavy is imported here:
Hydra imports this room at every start.
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
"""Every launcher by the name that users type; Hydra's own `basic` runs one job after another."""

__all__ = ["LAUNCHERS", "Jobs", "Launcher"]
