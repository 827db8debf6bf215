"""The latest run of each configuration in an experiment, read once in a command."""

import time
from dataclasses import dataclass, field

from mlflow.entities import Run

from runner.process import at_end
from runner.tracking import Tracking, damage

CLOCK_SKEW_SECONDS = 60
"""How much the clocks of machines that log to one store may differ."""


@dataclass
class _Seen:
    """The runs of an experiment by id, and when they were last read (`time.time`)."""

    when: float = 0.0
    runs: dict[str, Run] = field(default_factory=dict)


_seen: dict[Tracking, _Seen] = {}
"""What the command has read so far."""


def latest(tracking: Tracking) -> dict[str, Run]:
    """The newest run of each `config_hash`, but a whole FINISHED one where there is any.

    Reads only what has begun or ended since the command last asked.
    """
    if not _seen:
        at_end.callback(_seen.clear)
    seen = _seen.setdefault(tracking, _Seen())
    now, since = time.time(), int((seen.when - CLOCK_SKEW_SECONDS) * 1000)
    changes = [f" and attributes.{time} >= {since}" for time in ("start_time", "end_time")]
    for condition in changes if seen.runs else [""]:
        for run in tracking.runs(f"tags.kind = 'run'{condition}"):
            seen.runs[run.info.run_id] = run
    seen.when = now
    return _newest(seen)


def _newest(seen: _Seen) -> dict[str, Run]:
    """The newest run of each `config_hash`, but a whole FINISHED one where there is any."""
    found: dict[str, Run] = {}
    for run in sorted(seen.runs.values(), key=lambda run: -run.info.start_time):
        config_hash = run.data.tags.get("config_hash", "")
        known = found.setdefault(config_hash, run)
        if _counts(run) and not _counts(known):
            found[config_hash] = run
    return found


def finished(tracking: Tracking, sweep_id: str) -> dict[str, Run]:
    """The newest whole FINISHED run of each `config_hash`, at the end of a sweep.

    Reads the runs of the sweep, whatever the clocks of the machines that ran them say.
    """
    seen = _seen.setdefault(tracking, _Seen())
    for run in tracking.runs(f"tags.kind = 'run' and tags.sweep_id = '{sweep_id}'"):
        seen.runs[run.info.run_id] = run
    return {one: run for one, run in _newest(seen).items() if _counts(run)}


def _counts(run: Run) -> bool:
    return run.info.status == "FINISHED" and damage(run) is None
