"""MLflow's UI says what an experiment asks, and what became of each run."""

import json
import re
from types import SimpleNamespace

import matplotlib.image
import pytest

from runner.runs.description import outcome_note
from runner.runs.outcome import Summary
from runner.tracking.store import open_tracking
from runner.tracking.views import COLUMNS, NOTE, VIEWS


@pytest.fixture(scope="module")
def tracking(study):
    return open_tracking(f"sqlite:///{study / 'mlflow.db'}", "lr-study", create=False)


def record(epoch, test_acc, test_loss):
    return SimpleNamespace(epoch=epoch, metrics={"test_acc": test_acc, "test_loss": test_loss})


def test_the_note_of_an_experiment_links_to_views_that_are_there(tracking):
    experiment = tracking.client.get_experiment(tracking.experiment_id)
    note = experiment.tags[NOTE]
    links = re.findall(r"\]\((\S+?)\)", note)
    assert len(links) == 4
    for link in links:
        start = f"#/experiments/{tracking.experiment_id}/runs?workflowType=machine_learning&"
        assert link.startswith(start)
        (view,) = re.findall(r"viewStateShareKey=(\w+)", link)
        json.loads(experiment.tags[f"mlflow.sharedViewState.{view}"])


def test_the_columns_of_the_views_are_what_runs_log(tracking):
    (run, *_) = (run for run in tracking.finished().values() if run.data.metrics["diverged"] == 1)
    logged = {"params": run.data.params, "metrics": run.data.metrics, "tags": run.data.tags}
    for column in COLUMNS:
        kind, name = re.fullmatch(r"(\w+)\.`(\w+)`", column).groups()
        if name != "train_loss":  # of a diverged run nan, which MLflow leaves out
            assert name in logged[kind]


def test_an_experiment_that_another_program_made_gets_the_views_when_it_is_written_to(folder):
    client = open_tracking("sqlite:///mlflow.db", "lr-study").client
    experiment_id = client.create_experiment("theirs", tags={NOTE: "their own words"})
    open_tracking("sqlite:///mlflow.db", "theirs", create=False)
    assert set(client.get_experiment(experiment_id).tags) == {NOTE}
    for name in ("theirs", "Default"):
        open_tracking("sqlite:///mlflow.db", name)
        tags = client.get_experiment_by_name(name).tags
        assert {f"mlflow.sharedViewState.{view}" for view in VIEWS} <= set(tags)
        assert (tags[NOTE] == "their own words") == (name == "theirs")


def test_an_experiment_that_was_there_keeps_its_note(folder):
    tracking = open_tracking("sqlite:///mlflow.db", "mine")
    tracking.client.set_experiment_tag(tracking.experiment_id, NOTE, "my own words")
    open_tracking("sqlite:///mlflow.db", "mine")
    assert tracking.client.get_experiment(tracking.experiment_id).tags[NOTE] == "my own words"


@pytest.mark.parametrize(
    ("outcome", "begins", "says"),
    [
        ("trained", "**Trained**: ", "test accuracy 0.6000 after 2 epochs, 0.1000 untrained"),
        ("stalled", "**Stalled**: ", "after 2 epochs the model had never been better"),
        ("diverged", "**Diverged**. ", "Update 10: the weights left the range of float32"),
    ],
)
def test_the_outcome_is_one_sentence(outcome, begins, says):
    records = [record(0, 0.1, 20.0), record(1, 0.5, 3.0), record(2, 0.6, 2.0)]
    diverged = (2, 9) if outcome == "diverged" else (None, None)
    found = SimpleNamespace(sentence="Update 10: the weights left the range of float32.")
    summary = Summary(outcome, 0.6, *diverged, 2.5)
    note = outcome_note(records, summary, found if outcome == "diverged" else None)
    assert note.startswith(begins)
    assert says in note
    assert len(re.findall(r"\.(?:\s|$)", note.removeprefix("**Diverged**."))) == 1


def test_every_run_has_the_note_of_its_outcome(tracking):
    for run in tracking.finished().values():
        outcome = run.data.tags["outcome"]
        assert run.data.tags[NOTE].startswith(f"**{outcome.capitalize()}**")
        if outcome == "trained":
            assert f"test accuracy {run.data.metrics['test_acc']:.4f}" in run.data.tags[NOTE]


def test_a_run_that_survived_an_epoch_has_a_small_picture(tracking, tmp_path):
    pictures = {}
    for run in tracking.finished().values():
        names = [entry.path for entry in tracking.client.list_artifacts(run.info.run_id)]
        pictures[run.info.run_id] = "curves.png" in names
        survived = run.data.metrics.get("diverged_epoch", 2) > 1
        assert pictures[run.info.run_id] == survived
    assert set(pictures.values()) == {True, False}
    (one, *_) = (run_id for run_id, there in pictures.items() if there)
    path = tracking.client.download_artifacts(one, "curves.png", str(tmp_path))
    height, width, _ = matplotlib.image.imread(path).shape
    assert (width, height) == (600, 220)
