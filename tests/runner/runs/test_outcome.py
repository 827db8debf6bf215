"""The rule that decides what became of a run."""

import numpy as np
import pytest

from runner.records import Record
from runner.runs.outcome import summarise

UNTRAINED = Record(0, 0, {"test_loss": 2.0, "test_acc": 0.1}, np.zeros((784, 10)), np.zeros(10))


def epoch(number, loss, acc, *, moved=True, diverged_update=None):
    b = np.ones(10) if moved else np.zeros(10)
    return Record(
        0,
        number,
        {"test_loss": loss, "test_acc": acc},
        np.zeros((784, 10)),
        b,
        diverged_update,
        last_finite_batch_loss=1.5,
    )


@pytest.mark.parametrize(
    ("records", "outcome"),
    [
        ([epoch(1, 1.5, 0.1)], "trained"),  # the loss improved
        ([epoch(1, 2.5, 0.2)], "trained"),  # the accuracy improved
        ([epoch(1, 1.5, 0.2), epoch(2, 3.0, 0.05)], "trained"),  # improved once
        ([epoch(1, 2.0, 0.1)], "stalled"),  # no better than untrained
        ([epoch(1, 3.0, 0.05)], "stalled"),  # worse
        ([epoch(1, 1.9, 0.2, moved=False)], "stalled"),  # parameters never changed
        ([epoch(1, 1.5, 0.5), epoch(2, np.nan, 0.1, diverged_update=300)], "diverged"),
    ],
)
def test_outcome(records, outcome):
    assert summarise([UNTRAINED, *records]).outcome == outcome


def test_the_figures_of_a_diverged_run_are_finite_and_its_best_is_a_finite_model_s():
    summary = summarise(
        [UNTRAINED, epoch(1, 1.5, 0.05), epoch(2, np.nan, 0.9, diverged_update=300)]
    )
    assert summary.metrics == {
        "diverged": 1,
        "diverged_epoch": 2,
        "diverged_update": 300,
        "best_test_acc": 0.1,
        "last_finite_batch_loss": 1.5,
    }


def test_a_run_that_did_not_diverge_has_no_figures_of_divergence():
    summary = summarise([UNTRAINED, epoch(1, 1.5, 0.7)])
    assert summary.metrics == {"diverged": 0, "best_test_acc": 0.7, "last_finite_batch_loss": 1.5}
