"""Epoch by epoch: the picture shows what the runs say, and stays small and the same."""

import numpy as np
import pytest
from support.hand_made import evidence_of, some_runs

from analysis.sections.epochs import EPOCHS, epochs_by_learning_rate


@pytest.mark.parametrize(
    ("rates", "columns"), [((0.1,), 1), ((1.0, 0.1, 0.01), 3), (range(1, 27), 5)]
)
def test_each_learning_rate_has_a_panel_for_loss_and_one_for_accuracy(rates, columns, panels):
    runs, epochs = some_runs([float(rate) for rate in rates], 3)
    assert panels(epochs_by_learning_rate(runs, epochs)) == 2 * columns


@pytest.mark.parametrize("lost", [(), (1.0,), (1.0, 0.1)])
def test_the_picture_is_drawn_whoever_survives(lost, panels):
    runs, epochs = some_runs([1.0, 0.1], 6, lost)
    assert panels(epochs_by_learning_rate(runs, epochs)) == 4


def test_a_cross_stands_at_the_update_and_the_last_height_of_its_run(drawn):
    runs, epochs = some_runs([1.0, 0.1], 3, (1.0,))
    runs.loc[runs.index[:3], "diverged_update"] = [0, 2, 47]
    figure = drawn(epochs_by_learning_rate, runs, epochs)
    untrained = epochs[epochs["epoch"] == 0].set_index("run_id")["test_acc"]
    for ax in figure.axes:  # hand-made losses are accuracies
        crosses = [line for line in ax.lines if line.get_marker() == "x"]
        if not ax.get_subplotspec().is_first_col():
            assert crosses == []
            continue
        (cross,) = crosses
        heights = untrained[runs["run_id"][:3]]
        expected = np.column_stack([np.array([0, 2, 47]) / 235, heights])
        found = cross.get_xydata()
        assert found[found[:, 0].argsort()] == pytest.approx(expected)


def test_a_picture_is_the_same_whenever_it_is_drawn():
    runs, epochs = some_runs([1.0, 0.1], 6, (1.0,))
    assert epochs_by_learning_rate(runs, epochs) == epochs_by_learning_rate(runs, epochs)


def test_a_thousand_runs_make_no_large_picture():
    runs, epochs = some_runs([1.0, 0.1, 0.01, 0.001], 250)
    assert len(epochs_by_learning_rate(runs, epochs)) < 500_000


def test_the_section_says_how_many_of_many_learning_rates_are_shown():
    runs, epochs = some_runs([float(rate) for rate in range(1, 27)], 2)
    assert EPOCHS.make(evidence_of(runs, epochs))["shown"] == (3, 26)
