"""The time that a sweep says it still takes."""

import pytest
from mlflow.entities import Run, RunData, RunInfo, RunTag

from runner.sweeps.pace import Pace


def pace_of(*runs, stack_width=1):
    """The pace of a sweep that began at 0, after runs given as (begin, end), in seconds."""
    pace = Pace(0.0)
    for begin, end in runs:
        info = RunInfo("", "0", "", "FINISHED", begin * 1000, end * 1000, "active")
        pace.add(Run(info, RunData(tags=[RunTag("stack_width", str(stack_width))])))
    return pace


ONE = ((5.0, 15.0),)  # after five seconds of imports
TWO = ((5.0, 15.0), (5.0, 15.2))
IN_TURN = ((5.0, 15.0), (20.0, 30.0))  # with five seconds between them


@pytest.mark.parametrize(
    ("runs", "ages", "count", "now", "left"),
    [
        (ONE, [4.0], 2, 19.0, 6 + 10),
        (TWO, [4.0, 6.0], 6, 21.0, (6.1 + 4.1 + 4 * 10.1) / 2),
        (TWO, [25.0, 2.0], 2, 17.2, 8.1 / 2),
        (IN_TURN, [], 3, 30.0, 3 * 15),
        (IN_TURN, [9.0], 1, 44.0, 1),
        (IN_TURN, [30.0], 1, 65.0, 0),
        ((), [5.0], 3, 10.0, None),
        (ONE, [], 0, 15.0, None),
    ],
)
def test_the_time_left_is_that_of_the_runs_before(runs, ages, count, now, left):
    assert pace_of(*runs).seconds_left(ages, count, now) == pytest.approx(left)


@pytest.mark.parametrize(
    ("done", "now", "left"),
    [
        (1, 34.1, 34.1 / 3 * 9),  # its stack is as good as done
        (3, 34.3, 34.3 / 3 * 9),
        (3, 54.3, 34.3 / 3 * 9 - 20),
        (4, 64.1, 64.1 / 6 * 6),
        (10, 124.1, 2 * 0.1),  # the last stack has trained, too
    ],
)
def test_a_run_of_a_stack_tells_that_the_whole_stack_has_trained(done, now, left):
    """Four stacks of three train for 30 s each; a run is logged, and RUNNING, for 0.1 s."""
    ends = [stack + log for stack in (34, 64, 94, 124) for log in (0.1, 0.2, 0.3)]
    pace = pace_of(*((end - 0.1, end) for end in ends[:done]), stack_width=3)
    assert pace.seconds_left([], 12 - done, now) == pytest.approx(left)
