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

from runner.process import StoreLostError, console, duration, interrupted
from runner.sweeps.pace import Pace
from runner.tracking import Tracking

POLL_SECONDS = 1.0

CLOCK_SKEW_SECONDS = 60
"""How far the clocks of machines that log to one store may differ."""

PATIENCE_SECONDS, INTERRUPT_SECONDS = 30.0, 5.0
"""How long the end of a sweep, and an interrupt, wait for an answer of the store."""


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
            thread.join(INTERRUPT_SECONDS if interrupted.is_set() else PATIENCE_SECONDS)


class _Watch:
    """What became of the pending configurations so far, and the line that shows it."""

    def __init__(self, tracking: Tracking, sweep_id: str, pending: Set[str]) -> None:
        self.tracking = tracking
        self.mine = f"tags.kind = 'run' and tags.sweep_id = '{sweep_id}'"
        self.pending = pending
        self.outcomes: dict[str, str] = {}
        self.begin = self.asked = time.time()
        self.pace = Pace(self.begin)
        self.before = {run.info.run_id for run in tracking.runs(f"{self.mine} and {self.ended()}")}
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
        """Ask now and then, and when it is over until there is an answer."""
        while True:
            last = over.wait(POLL_SECONDS)
            # A store that does not answer now is asked again; the runs' own logging tells of it.
            with contextlib.suppress(MlflowException, SQLAlchemyError, StoreLostError):
                self.ask()
                if last:
                    return
            if last and interrupted.is_set():
                return
            if last:
                time.sleep(POLL_SECONDS)

    def ended(self) -> str:
        """The condition for what has ended since the store was asked last, for MLflow's search."""
        return f"attributes.end_time >= {int((self.asked - CLOCK_SKEW_SECONDS) * 1000)}"

    def ask(self) -> None:
        """Take in what ended since the last time, and see what is running now."""
        now = time.time()
        begun = f"attributes.start_time >= {int((self.begin - CLOCK_SKEW_SECONDS) * 1000)}"
        running = list(self.tracking.runs(f"{self.mine} and {begun} and status = 'RUNNING'"))
        runs = {
            run.data.tags["config_hash"]: run
            for run in self.tracking.runs(f"{self.mine} and {begun} and {self.ended()}")
            if run.info.status != "KILLED" and run.info.run_id not in self.before
        }
        new = [runs[one] for one in runs.keys() & self.pending - self.outcomes.keys()]
        new.sort(key=lambda run: run.info.end_time)
        for run in new:
            self.pace.take(run)
        ages = [now - run.info.start_time / 1000 for run in running]
        left = self.pace.left(ages, len(self.pending) - len(self.outcomes) - len(new), now)
        for run in new:
            self.take(run, left)
        self.asked = now
        words = f"{len(running)} running, {self.counts(left)}"
        self.line.update(self.task, completed=len(self.outcomes), words=words)

    def take(self, run: Run, left: float | None) -> None:
        """Take an ended run into the counts; elsewhere than on a terminal, say so in a line."""
        outcome = run.data.tags.get("outcome", run.info.status.lower())
        self.outcomes[run.data.tags["config_hash"]] = outcome
        if not console().is_terminal:
            text = f"{len(self.outcomes)} of {len(self.pending)}: {run.info.run_name}: {outcome}"
            text += f" ({self.counts(left)})"
            console().print(text, markup=False, highlight=False, soft_wrap=True)

    def counts(self, left: float | None) -> str:
        """How many diverged and failed, and the seconds left, if known."""
        counts = Counter(self.outcomes.values())
        parts = [f"{counts[name]} {name}" for name in ("diverged", "failed")]
        if left is not None:
            parts.append(f"about {duration(left)} left")
        return ", ".join(parts)
