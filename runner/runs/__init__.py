"""Runs: one training of one configuration, from its keys to its last artifact.

Start with `run`. `finish` logs what a run has once, `outcome` says what became of it.
"""

from runner.runs.handover import hand_over, handed_over
from runner.runs.job import SWEEP_ID_VARIABLE, Failure, run_job
from runner.runs.rerun import train_again

__all__ = ["SWEEP_ID_VARIABLE", "Failure", "hand_over", "handed_over", "run_job", "train_again"]
