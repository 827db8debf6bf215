"""Runs are read back from MLflow and tabulated."""

import json
import math

import pytest
from support.stored_runs import epochs_to, log_run

import analysis
from runner.tracking import NOTE, read_artifact
from runner.tracking.store import open_tracking


@pytest.fixture(scope="session")
def frames(study):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(study)
        return analysis.load_runs()


def test_runs_and_epochs_are_tidy(frames):
    runs, epochs = frames
    assert list(runs["lr"]) == [0.1, 0.1, 1, 1]
    assert list(runs["seed"]) == [1, 2, 1, 2]
    assert list(runs["outcome"]) == ["trained", "trained", "diverged", "diverged"]
    assert runs["run_id"].is_unique
    assert not epochs.duplicated(["run_id", "epoch"]).any()
    # Two epochs after the untrained model where the run survived, one where it did not.
    assert list(epochs["epoch"]) == [0, 1, 2, 0, 1, 2, 0, 1, 0, 1]
    assert epochs["train_loss"].isna().sum() == 4 + 2  # untrained, and nan


def test_a_death_is_told_in_the_words_of_its_post_mortem(frames, tracking):
    runs, _ = frames
    sentences = runs.set_index("run_id")["divergence_sentence"]
    assert sentences.notna().sum() == 2
    for run_id, sentence in sentences.dropna().items():
        run = tracking.client.get_run(run_id)
        post_mortem = read_artifact(run, "divergence/post_mortem.json", tracking.uri)
        assert json.loads(post_mortem)["sentence"] == sentence


def test_a_description_that_somebody_edited_is_no_post_mortem(folder):
    tracking = open_tracking("sqlite:///mlflow.db", "lr-study")
    log_run(tracking, tags={NOTE: "Not to be shown to the students."})
    runs, _ = analysis.load_runs()
    assert runs["divergence_sentence"].isna().all()


def test_infinite_metrics_come_back_infinite(folder):
    tracking = open_tracking("sqlite:///mlflow.db", "lr-study")
    log_run(tracking, metrics=epochs_to(1, train_loss=math.inf, test_loss=-math.inf))
    runs, _ = analysis.load_runs()
    assert list(runs[["train_loss", "test_loss", "test_acc"]].iloc[0]) == [math.inf, -math.inf, 0.5]


def test_a_run_s_last_epoch_is_one_epoch(folder):
    """A run that diverged in epoch 2: nan there must not be filled from epoch 1."""
    tracking = open_tracking("sqlite:///mlflow.db", "lr-study")
    metrics = epochs_to(2)
    for step, loss in ((0, 3.0), (1, 2.0), (2, math.nan)):
        metrics[step] |= {"test_loss": loss, "test_acc": step / 10}
    metrics[2] |= {"diverged_epoch": 2.0, "diverged_update": 9.0}
    log_run(tracking, tags={"outcome": "diverged"}, params={"epochs": 5}, metrics=metrics)
    runs, epochs = analysis.load_runs()
    assert math.isnan(runs["test_loss"][0])
    assert runs["test_acc"][0] == 0.2
    assert list(epochs["epoch"]) == [0, 1, 2]
