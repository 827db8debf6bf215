"""Estimates the time a sweep still needs from its runs that have ended."""

import math
import statistics
from collections.abc import Sequence

from mlflow.entities import Run

from runner.tracking import stack_width


class Pace:
    """Estimates the time that a sweep's other runs need from those that have ended.

    `begin` is when the sweep began. All times are in seconds, as from `time.time`.
    """

    def __init__(self, begin: float) -> None:
        self.begin = begin
        self.first_end = self.last_end = begin
        self.seconds: list[float] = []
        self.stack_width = 1
        self.most_at_once = 1

    def add(self, run: Run) -> None:
        """Add a run that has ended; call this in the order of their ends."""
        self.last_end = run.info.end_time / 1000
        if not self.seconds:
            self.first_end = self.last_end
        self.seconds.append(self.last_end - run.info.start_time / 1000)
        self.stack_width = max(self.stack_width, stack_width(run) or 1)

    def seconds_left(self, ages: Sequence[float], count: int, now: float) -> float | None:
        """The time until `count` more runs have ended; None while it is unknown.

        `ages` are the ages of those that are running. The estimate is the longer of two. By
        length: each run takes the mean time of those that ended, with the largest number ever
        seen at once. By pace: runs keep ending at the rate so far.
        """
        self.most_at_once = max(self.most_at_once, len(ages))
        done = len(self.seconds)
        if not count or not done:
            return None
        each = statistics.fmean(self.seconds)
        waiting = max(0, count - len(ages)) * each
        running = sum(max(0.0, each - age) for age in ages)
        by_length = (waiting + running) / min(self.most_at_once, count)
        return max(by_length, self._by_pace(done, count) - (now - self.last_end))

    def _by_pace(self, done: int, count: int) -> float:
        """The time from the last end on. The runs of a stack all end once the stack has trained."""
        if self.stack_width > 1:
            trained = min(math.ceil(done / self.stack_width) * self.stack_width, done + count)
            return (self.last_end - self.begin) / trained * (done + count - trained)
        return (self.last_end - self.first_end) / max(1, done - 1) * count
