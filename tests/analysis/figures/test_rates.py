"""Final accuracy and share of diverged runs stand at the heights of the runs."""

import numpy as np
import pytest
from support.hand_made import some_runs

from analysis.figures import outcome_by_learning_rate


@pytest.mark.parametrize("lost", [(), (1.0,), (1.0, 0.1)])
def test_the_picture_is_drawn_whoever_survives(lost, panels):
    runs, _ = some_runs([1.0, 0.1], 6, lost)
    other, _ = some_runs([1.0, 0.1], 6, loss="log_softmax")
    assert panels(outcome_by_learning_rate({"pick_log": runs, "log_softmax": other})) == 2
    assert panels(outcome_by_learning_rate({"pick_log": runs})) == 2


def test_shares_and_medians_stand_at_the_heights_of_the_runs(drawn):
    runs = some_runs([1.0, 0.1], 5)[0]
    runs["test_acc"] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.1, 0.2, 0.3, 0.4, 0.5]
    runs.loc[[0, 1], "outcome"] = "diverged"
    above, below = drawn(outcome_by_learning_rate, {"pick_log": runs}).axes
    (shares,) = below.lines
    assert shares.get_xydata().tolist() == [[0.1, 0.0], [1.0, 0.4]]
    (medians,) = (line for line in above.lines if len(line.get_xdata()) == 2)
    assert medians.get_xydata() == pytest.approx(np.array([[0.1, 0.3], [1.0, 0.8]]))


def test_a_thousand_runs_make_no_large_picture():
    runs, _ = some_runs([1.0, 0.1, 0.01, 0.001], 250)
    assert len(outcome_by_learning_rate({"pick_log": runs})) < 500_000
