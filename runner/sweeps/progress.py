"""Shows a sweep's progress: one live line on a terminal, elsewhere a line per ended run.

It polls the store, so it works with any launcher, on whatever processes and machines the jobs run.
Each poll asks only for runs that ended since the last one, so a long sweep costs no more.
"""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator, Set

from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column
from sqlalchemy.exc import SQLAlchemyError

from runner.process import StoreLostError, console, duration, interrupted, say
from runner.sweeps.pace import Pace
from runner.tracking import Tracking

POLL_SECONDS = 1.0

POLL_SHARE = 25
"""The pause is so many times as long as the last poll took: the runs need the processors."""

LONGEST_PAUSE_SECONDS = 10.0

WIDTH_WITH_BAR = 80
"""On a narrower terminal the words need the space, and wrap."""

CLOCK_SKEW_SECONDS = 60
"""How much the clocks of machines that log to one store may differ."""

PATIENCE_SECONDS, INTERRUPT_SECONDS = 30.0, 5.0
"""How long to wait for the store at the end of a sweep and after an interrupt."""


@contextlib.contextmanager
def progress_of(tracking: Tracking, sweep_id: str, pending: Set[str]) -> Iterator[None]:
    """Show the progress of the `pending` configurations (hashes) while the block runs."""
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
    """The outcomes of the pending configurations so far, and the line that shows them."""

    def __init__(self, tracking: Tracking, sweep_id: str, pending: Set[str]) -> None:
        self.tracking = tracking
        self.of_sweep = f"tags.kind = 'run' and tags.sweep_id = '{sweep_id}'"
        self.pending = pending
        self.outcomes: dict[str, str] = {}
        self.begin = self.last_poll = time.time()
        self.pace = Pace(self.begin)
        ended = tracking.runs(f"{self.of_sweep} and {self.ended_since_last_poll()}")
        self.ended_before = {run.info.run_id for run in ended}
        bar = (TextColumn("Sweep"), BarColumn()) if console().width >= WIDTH_WITH_BAR else ()
        self.line = Progress(
            *bar,
            MofNCompleteColumn(),
            TextColumn("{task.fields[words]}", table_column=Column(no_wrap=False)),
            console=console(),
            transient=True,
            disable=not console().is_terminal,
        )
        self.task = self.line.add_task("", total=len(pending), words="")

    def follow(self, over: threading.Event) -> None:
        """Poll until the sweep is over, and then until the store answers once more."""
        pause = POLL_SECONDS
        while True:
            last = over.wait(pause)
            begin = time.monotonic()
            # If the store does not answer, poll again; the runs report the outage.
            with contextlib.suppress(MlflowException, SQLAlchemyError, StoreLostError):
                self.poll()
                if last:
                    return
            if last and interrupted.is_set():
                return
            if last:
                time.sleep(POLL_SECONDS)
            took = time.monotonic() - begin
            pause = min(max(POLL_SECONDS, POLL_SHARE * took), LONGEST_PAUSE_SECONDS)

    def ended_since_last_poll(self) -> str:
        """The condition in MLflow's search for runs that ended since the last poll."""
        return f"attributes.end_time >= {int((self.last_poll - CLOCK_SKEW_SECONDS) * 1000)}"

    def poll(self) -> None:
        """Count the runs that have ended since the last poll, and see which are running."""
        now = time.time()
        begun = f"attributes.start_time >= {int((self.begin - CLOCK_SKEW_SECONDS) * 1000)}"
        since_begin = f"{self.of_sweep} and {begun}"
        running = list(self.tracking.runs(f"{since_begin} and status = 'RUNNING'"))
        runs = {
            run.data.tags.get("config_hash", ""): run
            for run in self.tracking.runs(f"{since_begin} and {self.ended_since_last_poll()}")
            if run.info.status != "KILLED" and run.info.run_id not in self.ended_before
        }
        new = [runs[one] for one in runs.keys() & self.pending - self.outcomes.keys()]
        new.sort(key=lambda run: run.info.end_time)
        for run in new:
            self.pace.add(run)
        ages = [now - run.info.start_time / 1000 for run in running]
        left = self.pace.seconds_left(ages, len(self.pending) - len(self.outcomes) - len(new), now)
        for run in new:
            self.count(run, left)
        self.last_poll = now
        words = f"{len(running)} running, {self.counts(left)}"
        self.line.update(self.task, completed=len(self.outcomes), words=words)

    def count(self, run: Run, left: float | None) -> None:
        """Count an ended run; if the output is not a terminal, print a line for it."""
        outcome = run.data.tags.get("outcome", run.info.status.lower())
        self.outcomes[run.data.tags["config_hash"]] = outcome
        if not console().is_terminal:
            text = f"{len(self.outcomes)} of {len(self.pending)}: {run.info.run_name}: {outcome}"
            text += f" ({self.counts(left)})"
            say(text)

    def counts(self, left: float | None) -> str:
        """How many diverged and failed, and the time left if it is known."""
        counts = Counter(self.outcomes.values())
        parts = [f"{counts[name]} {name}" for name in ("diverged", "failed")]
        if left is not None:
            parts.append(f"about {duration(left)} left")
        return ", ".join(parts)
