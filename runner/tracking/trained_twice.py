"""Tells what two commands that run at the same time both train; analysis counts it once."""

import json
import tempfile
from collections.abc import Set
from pathlib import Path

from mlflow.entities import Run
from mlflow.exceptions import MlflowException

from runner.process import COMMANDER_TAG, log, plural, this_process
from runner.tracking.experiment import Tracking
from runner.tracking.orphaned_runs import process_of

PLAN = "plan.json"
"""The artifact of a sweep's run that lists its configurations."""

TO_TRAIN = "to_train"
"""The key in each row of a plan that says whether the command trains the configuration."""


def tell_trained_twice(tracking: Tracking, since: float) -> None:
    """Say how many configurations this command has trained that another one trains, too.

    Each command calls this at its end; `since` (seconds, from `time.time`) is when it began. Of
    two commands the first to end sees what the other is training or has planned, the second what
    the first has finished.
    """
    ours, theirs = _finished_since(tracking, since)
    if not ours:
        return
    running = "attributes.status = 'RUNNING'"
    for run in tracking.runs(f"tags.kind = 'run' and {running}"):
        # A run on another host that began earlier may be one that was killed there.
        if run.info.start_time >= since * 1000 or is_at_work(run):
            theirs.add(run.data.tags.get("config_hash", ""))
    for sweep in tracking.runs(f"tags.kind = 'sweep' and {running}"):
        if is_at_work(sweep):
            theirs |= _to_train(tracking, sweep)
    count = len(ours & theirs)
    if count:
        log.info(
            f"{count} {plural(count, 'configuration')} trained here "
            f"{'is' if count == 1 else 'are'} being trained by another command, too; "
            "of each the newest finished run counts"
        )


def is_at_work(run: Run) -> bool:
    """Whether another process of this host, which is alive, has the run open."""
    process, here = process_of(run), this_process()
    return (
        run.info.status == "RUNNING"
        and process is not None
        and process.host == here.host
        and process != here
        and not process.is_gone
    )


def _finished_since(tracking: Tracking, since: float) -> tuple[set[str], set[str]]:
    """The hashes of what this command and what others have finished since."""
    here = this_process()
    ours: set[str] = set()
    theirs: set[str] = set()
    ended = f"attributes.status = 'FINISHED' and attributes.end_time >= {int(since * 1000)}"
    for run in tracking.runs(f"tags.kind = 'run' and {ended}"):
        is_ours = run.data.tags.get(COMMANDER_TAG) == here.to_text() or process_of(run) == here
        (ours if is_ours else theirs).add(run.data.tags.get("config_hash", ""))
    return ours, theirs


def _to_train(tracking: Tracking, sweep: Run) -> Set[str]:
    """What the command of a sweep found unfinished when it began; nothing if its plan is lost."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = tracking.client.download_artifacts(sweep.info.run_id, PLAN, folder)
            plan = json.loads(Path(path).read_text(encoding="utf-8"))
        return {str(row["config_hash"]) for row in plan if row.get(TO_TRAIN)}
    except (AttributeError, KeyError, MlflowException, OSError, TypeError, ValueError):
        return set()
