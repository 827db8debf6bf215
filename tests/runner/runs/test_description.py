"""MLflow's UI says what became of each run."""

import re
from types import SimpleNamespace

import pytest

from runner.runs.description import outcome_note
from runner.runs.outcome import Summary
from runner.tracking import NOTE


def record(epoch, test_acc, test_loss):
    return SimpleNamespace(epoch=epoch, metrics={"test_acc": test_acc, "test_loss": test_loss})


@pytest.mark.parametrize(
    ("outcome", "begins", "says"),
    [
        ("trained", "**Trained**: ", "test accuracy 0.6000 after 2 epochs, 0.1000 untrained"),
        ("stalled", "**Stalled**: ", "after 2 epochs the model had never been better"),
        ("diverged", "**Diverged**. ", "Update 10: the weights left the range of float32"),
    ],
)
def test_the_outcome_is_a_sentence_or_two(outcome, begins, says):
    records = [record(0, 0.1, 20.0), record(1, 0.5, 3.0), record(2, 0.6, 2.0)]
    diverged = (2, 9) if outcome == "diverged" else (None, None)
    found = SimpleNamespace(sentence="Update 10: the weights left the range of float32.")
    summary = Summary(outcome, 0.6, *diverged, 2.5)
    note = outcome_note(records, summary, found if outcome == "diverged" else None)
    assert note.startswith(begins)
    assert says in note
    assert len(re.findall(r"\.(?:\s|$)", note.removeprefix("**Diverged**."))) <= 2


def test_every_run_has_the_note_of_its_outcome(tracking):
    for run in tracking.finished().values():
        outcome = run.data.tags["outcome"]
        assert run.data.tags[NOTE].startswith(f"**{outcome.capitalize()}**")
        if outcome == "trained":
            assert f"test accuracy {run.data.metrics['test_acc']:.4f}" in run.data.tags[NOTE]
