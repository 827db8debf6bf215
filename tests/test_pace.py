"""The time that a sweep says it still takes."""

import pytest
from mlflow.entities import Run, RunData, RunInfo, RunTag

from runner.pace import Pace


def pace_of(*runs, stack_width=1):
    """The pace after runs given as (begin, end, id of their process), in seconds."""
    pace = Pace()
    for begin, end, pid in runs:
        tags = {"host": "here", "pid": str(pid), "stack_width": str(stack_width)}
        info = RunInfo("", "0", "", "FINISHED", begin * 1000, end * 1000, "active")
        pace.take(Run(info, RunData(tags=[RunTag(*item) for item in tags.items()])))
    return pace


ONE = (0.0, 10.0, 1)
TWO = (ONE, (0.0, 10.2, 2))


@pytest.mark.parametrize(
    ("runs", "ages", "count", "left"),
    [
        ((ONE,), [4.0], 2, 6 + 10),
        (TWO, [4.0, 6.0], 6, (6.1 + 4.1 + 4 * 10.1) / 2),
        (TWO, [25.0, 2.0], 2, 8.1 / 2),
        ((ONE, (15.0, 25.0, 1)), [], 3, 3 * 15),  # five seconds between two runs
        ((), [5.0], 3, None),
        ((ONE,), [], 0, None),
    ],
)
def test_the_time_left_is_that_of_the_runs_before(runs, ages, count, left):
    assert pace_of(*runs).left(ages, count) == pytest.approx(left)


def test_runs_of_stacks_tell_nothing_before_every_process_is_at_its_second():
    """Two processes train stacks of three for 30 s; a run is logged, and RUNNING, for 0.1 s."""
    ends = [30.1, 30.2, 30.3, 31.1, 31.2, 31.3, 60.1, 60.2, 60.3, 61.1, 61.2, 61.3]
    runs = [(end - 0.1, end, 1 + number // 3 % 2) for number, end in enumerate(ends)]
    for done in range(1, 7):
        assert pace_of(*runs[:done], stack_width=3).left([], 24 - done) is None
    assert pace_of(*runs, stack_width=3).left([], 12) == pytest.approx(31.2 / 11 * 12)
