"""The latest run of each configuration in an experiment, read once for the presets of a command."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlflow.entities import Run

from runner.tracking import Tracking, damage

CLOCK_SKEW_SECONDS = 60
"""How much the clocks of machines that log to one store may differ."""


@dataclass
class _Seen:
    """The runs of an experiment by id, and when they were last read (`time.time`)."""

    when: float = 0.0
    runs: dict[str, Run] = field(default_factory=dict)


_seen: dict[Tracking, _Seen] | None = None
"""What the command has read so far; None where each look reads all."""


@contextlib.contextmanager
def reading_once() -> Iterator[None]:
    """In the block `latest` reads only what has begun or ended since it was last asked."""
    global _seen
    _seen = {}
    try:
        yield
    finally:
        _seen = None


def latest(tracking: Tracking) -> dict[str, Run]:
    """The newest run of each `config_hash`, but a whole FINISHED one where there is any."""
    seen = _Seen() if _seen is None else _seen.setdefault(tracking, _Seen())
    now, since = time.time(), int((seen.when - CLOCK_SKEW_SECONDS) * 1000)
    changes = [f" and attributes.{time} >= {since}" for time in ("start_time", "end_time")]
    for condition in changes if seen.runs else [""]:
        for run in tracking.runs(f"tags.kind = 'run'{condition}"):
            seen.runs[run.info.run_id] = run
    seen.when = now
    found: dict[str, Run] = {}
    for run in sorted(seen.runs.values(), key=lambda run: -run.info.start_time):
        config_hash = run.data.tags.get("config_hash", "")
        known = found.setdefault(config_hash, run)
        if _counts(run) and not _counts(known):
            found[config_hash] = run
    return found


def _counts(run: Run) -> bool:
    return run.info.status == "FINISHED" and damage(run) is None
