"""How much longer a sweep takes, told from the runs of it that have ended."""

import math
import statistics
from collections.abc import Sequence

from mlflow.entities import Run


class Pace:
    """What the ended runs of a sweep tell of the time that the others need.

    `begin` is when the sweep began; all times are in seconds, as `time.time` gives them.
    """

    def __init__(self, begin: float) -> None:
        self.begin = begin
        self.first_end = self.last_end = begin
        self.seconds: list[float] = []
        self.stack_width = 1
        self.at_once = 1

    def take(self, run: Run) -> None:
        """Take in a run that has ended; the earliest end first."""
        self.last_end = run.info.end_time / 1000
        if not self.seconds:
            self.first_end = self.last_end
        self.seconds.append(self.last_end - run.info.start_time / 1000)
        self.stack_width = max(self.stack_width, int(run.data.tags.get("stack_width", 1)))

    def left(self, ages: Sequence[float], count: int, now: float) -> float | None:
        """The time until `count` runs end, those at work among them being so old; None: unknown.

        The longer of two: by their length, each takes the mean of those that ended, as many at
        once as were seen at most; and by their pace, they go on ending as fast as those did.
        """
        self.at_once = max(self.at_once, len(ages))
        done = len(self.seconds)
        if not count or not done:
            return None
        each = statistics.fmean(self.seconds)
        waiting = max(0, count - len(ages)) * each
        at_work = sum(max(0.0, each - age) for age in ages)
        by_length = (waiting + at_work) / min(self.at_once, count)
        return max(by_length, self._by_pace(done, count) - (now - self.last_end))

    def _by_pace(self, done: int, count: int) -> float:
        """The time from the last end on. Runs of a stack begin and end when all have trained."""
        if self.stack_width > 1:
            trained = min(math.ceil(done / self.stack_width) * self.stack_width, done + count)
            return (self.last_end - self.begin) / trained * (done + count - trained)
        return (self.last_end - self.first_end) / max(1, done - 1) * count
