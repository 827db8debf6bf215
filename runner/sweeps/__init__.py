"""Sweeps: the runs of one command, planned, launched, monitored and summarised.

Start with `sweep`. `plan` says what is left to train, `results` how it ended.
"""

from runner.sweeps.compose import ForgetConfiguration, MergingLoader
from runner.sweeps.dry_run import print_plan
from runner.sweeps.plan import Job
from runner.sweeps.results import job_return
from runner.sweeps.sweep import run_sweep

__all__ = [
    "ForgetConfiguration",
    "Job",
    "MergingLoader",
    "job_return",
    "print_plan",
    "run_sweep",
]
