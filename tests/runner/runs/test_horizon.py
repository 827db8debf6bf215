"""What a rerun on another machine is told to expect."""

from runner.runs.horizon import MEASURED, expected_difference


def test_the_figure_is_that_of_the_least_measured_rate_that_is_not_below():
    assert " 0.0000 at learning rate 0.4 " in expected_difference(0.01)
    assert " 0.0026 at learning rate 0.63 " in expected_difference(0.5)
    assert " 0.0174 at learning rate 1 " in expected_difference(1.0)
    assert " at learning rate 4 " in expected_difference(100.0)
    assert list(MEASURED) == sorted(MEASURED)
