"""Runs: one training of one configuration, from its keys to its last artifact.

Start with `run`. `finish` logs what a run has only once, `outcome` decides how it ended.
"""

from runner.runs.handover import collect_trained, handed_over
from runner.runs.job import SWEEP_ID_VARIABLE, Failure, is_stopped, run_job
from runner.runs.rerun import train_again

__all__ = [
    "SWEEP_ID_VARIABLE",
    "Failure",
    "collect_trained",
    "handed_over",
    "is_stopped",
    "run_job",
    "train_again",
]
