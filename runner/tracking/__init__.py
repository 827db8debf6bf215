"""Tracking: the MLflow store, the runs in it, and what happens when its server goes away.

Start with `store`, which opens a store, and `experiment`, which finds and logs runs. `retry` waits
for a server. Importing this room imports MLflow.
"""

from runner.tracking.experiment import Tracking
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
from runner.tracking.run_log import RunLog
from runner.tracking.store import MissingStoreError, check_server, open_tracking, store_address
from runner.tracking.views import NOTE, page

__all__ = [
    "ARTIFACTS",
    "NOTE",
    "Batch",
    "Header",
    "KeptError",
    "KeptRun",
    "MissingStoreError",
    "RunLog",
    "Tracking",
    "check_server",
    "environment_tags",
    "find_kept",
    "keeping",
    "open_tracking",
    "page",
    "read_kept",
    "repair",
    "store_address",
]
