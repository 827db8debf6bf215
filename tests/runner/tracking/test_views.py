"""What MLflow's UI shows of an experiment: a note with links to views, and their columns."""

import json
import re

from runner.tracking.store import open_tracking
from runner.tracking.views import COLUMNS, NOTE, VIEWS


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
