"""Tracking: the MLflow store, the runs in it, and what happens when its server goes away.

Start with `store`, which opens a store, and `experiment`, which finds and logs runs. `retry` waits
for a server. Importing this room imports MLflow.
"""

import runner.tracking.mlflow_import  # noqa: F401  # first of all

# isort: split
from runner.tracking.artifacts import Parameters, read_artifact, read_parameters, recorded_artifacts
from runner.tracking.experiment import Tracking
from runner.tracking.finished_run import IDENTIFIER, WIDEST_STACK, damage, stack_width
from runner.tracking.kept import (
    ARTIFACTS,
    Batch,
    Header,
    KeptError,
    KeptRun,
    find_kept,
    keeping,
    read_kept,
)
from runner.tracking.origin import environment_tags
from runner.tracking.orphaned_runs import repair
from runner.tracking.run_log import Artifacts, RunLog, own_root
from runner.tracking.server import check_server
from runner.tracking.store import MissingStoreError, open_tracking
from runner.tracking.trained_twice import PLAN, TO_TRAIN, is_at_work, tell_trained_twice
from runner.tracking.views import DIVERGED, NOTE, opening_page, tell_headline

__all__ = [
    "ARTIFACTS",
    "DIVERGED",
    "IDENTIFIER",
    "NOTE",
    "PLAN",
    "TO_TRAIN",
    "WIDEST_STACK",
    "Artifacts",
    "Batch",
    "Header",
    "KeptError",
    "KeptRun",
    "MissingStoreError",
    "Parameters",
    "RunLog",
    "Tracking",
    "check_server",
    "damage",
    "environment_tags",
    "find_kept",
    "is_at_work",
    "keeping",
    "open_tracking",
    "opening_page",
    "own_root",
    "read_artifact",
    "read_kept",
    "read_parameters",
    "recorded_artifacts",
    "repair",
    "stack_width",
    "tell_headline",
    "tell_trained_twice",
]
