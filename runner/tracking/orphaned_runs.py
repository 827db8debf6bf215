"""Ends runs left RUNNING by a process that was killed or lost power."""

import re

from mlflow.entities import Run

from runner.process import COMMANDER_TAG, Process
from runner.tracking.experiment import Tracking
from runner.tracking.origin import PID, PROCESS_START

NUMBER = re.compile("[1-9][0-9]{0,8}")
"""The id of a process; Linux has none of more digits."""

EARLIER_NAMES = {PID: "pid", PROCESS_START: "process_start"}
"""Of tags in runs that an earlier version may have left RUNNING."""


def repair(tracking: Tracking, *, ended: Process | None = None) -> int:
    """Mark runs as KILLED if their process is gone; return how many.

    Runs of live processes and of other hosts are left alone. `ended` names the process that
    commanded a sweep whose jobs have all ended: its RUNNING runs are marked too, on any host.
    """
    left = [
        run
        for run in tracking.runs("attributes.status = 'RUNNING'")
        if ((process := process_of(run)) is not None and process.is_gone)
        or (ended is not None and run.data.tags.get(COMMANDER_TAG) == ended.to_text())
    ]
    for run in left:
        tracking.client.set_terminated(run.info.run_id, "KILLED", _last_logged(tracking, run))
    return len(left)


def process_of(run: Run) -> Process | None:
    """The process that opened a run; None if the run does not say."""
    tags = run.data.tags
    pid, start = (tags.get(name, tags.get(earlier)) for name, earlier in EARLIER_NAMES.items())
    if "host" not in tags or pid is None or start is None or not NUMBER.fullmatch(pid):
        return None
    return Process(tags["host"], int(pid), start)


def _last_logged(tracking: Tracking, run: Run) -> int:
    """When the run last logged a metric, in milliseconds; its start time if it never did."""
    logged = tracking.client.get_metric_history(run.info.run_id, "test_acc")
    return max((metric.timestamp for metric in logged), default=int(run.info.start_time))
