"""Runs left RUNNING by a process that is gone: killed, or cut off from power."""

from mlflow.entities import Run

from runner.process import COMMANDER_TAG, Process
from runner.tracking.experiment import Tracking


def repair(tracking: Tracking, *, ended: Process | None = None) -> int:
    """Mark runs KILLED whose process is gone; how many there were.

    Runs of a live process and of another host are left alone. `ended` is a process that
    commanded a sweep of which no job is going on any more, on whatever host.
    """
    left = [
        run
        for run in tracking.runs("attributes.status = 'RUNNING'")
        if ((process := _process_of(run)) is not None and process.is_gone)
        or (ended is not None and run.data.tags.get(COMMANDER_TAG) == ended.to_text())
    ]
    for run in left:
        tracking.client.set_terminated(run.info.run_id, "KILLED", _last_logged(tracking, run))
    return len(left)


def _process_of(run: Run) -> Process | None:
    tags = run.data.tags
    if not {"host", "pid", "process_start"} <= tags.keys():
        return None
    return Process(tags["host"], int(tags["pid"]), tags["process_start"])


def _last_logged(tracking: Tracking, run: Run) -> int:
    """When the run last logged a figure, in milliseconds; its start where it never did."""
    logged = tracking.client.get_metric_history(run.info.run_id, "test_acc")
    return max((metric.timestamp for metric in logged), default=int(run.info.start_time))
