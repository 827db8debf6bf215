"""How much longer a sweep takes, told from the runs of it that have ended."""

import statistics
from collections.abc import Sequence

from mlflow.entities import Run


class Pace:
    """What the ended runs of a sweep tell of the time that the others need."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.first_end = self.last_end = 0.0
        self.stack_width = 1
        self.workers: set[tuple[str, str]] = set()
        self.at_once = 1

    def take(self, run: Run) -> None:
        """Take in a run that has ended; the earliest end first."""
        tags = run.data.tags
        end = run.info.end_time / 1000
        if not self.seconds:
            self.first_end = end
        self.last_end = end
        self.seconds.append(end - run.info.start_time / 1000)
        self.stack_width = max(self.stack_width, int(tags.get("stack_width", 1)))
        self.workers.add((tags["host"], tags["pid"]))

    def left(self, ages: Sequence[float], count: int) -> float | None:
        """The seconds until `count` runs end, those at work among them being so old; None: unknown.

        The longer of two: each takes the mean of those that ended, as many at once as were seen
        at most; and they end as fast as those did, between the first and the last. Runs of a
        stack end one right after the other, when all have trained, so that they tell nothing
        before each process is at its second stack.
        """
        self.at_once = max(self.at_once, len(ages))
        done = len(self.seconds)
        if not count or not done:
            return None
        if self.stack_width > 1 and done <= self.stack_width * len(self.workers):
            return None
        each = statistics.fmean(self.seconds)
        waiting = max(0, count - len(ages)) * each
        at_work = sum(max(0.0, each - age) for age in ages)
        by_length = (waiting + at_work) / min(self.at_once, count)
        by_pace = (self.last_end - self.first_end) / max(1, done - 1) * count
        return max(by_length, by_pace)
