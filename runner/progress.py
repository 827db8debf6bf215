"""How far a sweep is: one live line on a terminal, a plain line per ended run elsewhere.

The store is asked, so that it works with any launcher, whichever processes and machines run the
jobs; and only for what ended since it was asked last, so that a long sweep costs no more.
"""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator, Set

from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy.exc import SQLAlchemyError

from runner.console import console, duration
from runner.errors import StoreLostError
from runner.tracking import Tracking

POLL_SECONDS = 1.0

CLOCK_SKEW_SECONDS = 60
"""How far the clocks of machines that log to one store may differ."""

PATIENCE_SECONDS = 5.0
"""How long the end of a sweep waits for a question that the store has not answered."""


@contextlib.contextmanager
def progress_of(tracking: Tracking, sweep_id: str, pending: Set[str]) -> Iterator[None]:
    """Show the progress of the `pending` configurations (their hashes) while the block runs."""
    watch = _Watch(tracking, sweep_id, pending)
    over = threading.Event()
    thread = threading.Thread(target=watch.follow, args=(over,), daemon=True)
    with watch.line:
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(PATIENCE_SECONDS)


class _Watch:
    """What became of the pending configurations so far, and the line that shows it."""

    def __init__(self, tracking: Tracking, sweep_id: str, pending: Set[str]) -> None:
        self.tracking = tracking
        self.mine = f"tags.kind = 'run' and tags.sweep_id = '{sweep_id}'"
        self.pending = pending
        self.outcomes: dict[str, str] = {}
        self.begin = self.asked = time.time()
        self.line = Progress(
            TextColumn("Sweep"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[words]}"),
            console=console(),
            transient=True,
            disable=not console().is_terminal,
        )
        self.task = self.line.add_task("", total=len(pending), words="")

    def follow(self, over: threading.Event) -> None:
        """Ask now and then, and a last time when it is over."""
        while True:
            last = over.wait(POLL_SECONDS)
            # A store that does not answer now is asked again; the runs' own logging tells of it.
            with contextlib.suppress(MlflowException, SQLAlchemyError, StoreLostError):
                self.ask()
            if last:
                return

    def ask(self) -> None:
        """Take in what ended since the last time, and see what is running now."""
        now = time.time()
        ended = f"attributes.end_time >= {int((self.asked - CLOCK_SKEW_SECONDS) * 1000)}"
        begun = f"attributes.start_time >= {int(self.begin * 1000)}"
        runs = self.tracking.runs(f"{self.mine} and {begun} and {ended}")
        for run in sorted(runs, key=lambda run: run.info.end_time):
            new = self.pending - self.outcomes.keys()
            if run.data.tags["config_hash"] in new and run.info.status != "KILLED":
                self.take(run)
        self.asked = now
        running = sum(1 for _ in self.tracking.runs(f"{self.mine} and status = 'RUNNING'"))
        words = f"{running} running, {self.counts()}"
        self.line.update(self.task, completed=len(self.outcomes), words=words)

    def take(self, run: Run) -> None:
        """Take an ended run into the counts; elsewhere than on a terminal, say so in a line."""
        outcome = run.data.tags.get("outcome", run.info.status.lower())
        self.outcomes[run.data.tags["config_hash"]] = outcome
        if not console().is_terminal:
            text = f"{len(self.outcomes)} of {len(self.pending)}: {run.info.run_name}: {outcome}"
            text += f" ({self.counts()})"
            console().print(text, markup=False, highlight=False, soft_wrap=True)

    def counts(self) -> str:
        """How many diverged and failed, and the time that the rest takes at the pace so far."""
        counts = Counter(self.outcomes.values())
        parts = [f"{counts[name]} {name}" for name in ("diverged", "failed")]
        done, left = len(self.outcomes), len(self.pending) - len(self.outcomes)
        if done and left:
            parts.append(f"about {duration((time.time() - self.begin) / done * left)} left")
        return ", ".join(parts)
