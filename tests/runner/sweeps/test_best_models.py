"""The best survivor of each learning rate is logged as a model."""

from unittest.mock import Mock

import pytest
from support.commands import TINY
from support.typing_commands import SMALL

from runner.data import FASHION_MNIST
from runner.process import this_process
from runner.sweeps import best_models
from runner.tracking.store import open_tracking

LABELS = FASHION_MNIST.labels


def test_the_best_survivor_has_the_model_and_diverged_runs_have_none(tracking, model):
    runs = tracking.finished().values()
    assert {run.data.params["lr"] for run in runs} == {"1.0", "0.1"}
    survivors = [run for run in runs if run.data.metrics["diverged"] == 0]
    best = max(survivors, key=lambda run: run.data.metrics["test_acc"])
    assert model.source_run_id == best.info.run_id
    assert {run.info.run_id for run in runs if run.outputs and run.outputs.model_outputs} == {
        best.info.run_id
    }
    assert model.status == "READY"
    assert model.params["lr"] == "0.1"
    assert {one.key: one.value for one in model.metrics} == {
        name: best.data.metrics[name] for name in ("test_acc", "test_loss")
    }


def test_the_run_stays_as_it_was(tracking, model):
    run = tracking.client.get_run(model.source_run_id)
    assert run.info.status == "FINISHED"
    steps = [one.step for one in tracking.client.get_metric_history(run.info.run_id, "test_acc")]
    assert steps == [0, 1, 2]


@pytest.mark.slow
def test_a_better_run_of_a_later_sweep_gets_a_model_and_no_run_gets_two(lrstudy, folder):
    keys = ("loss=log_softmax", *SMALL)
    assert lrstudy("-m", "seed=1", *keys).status == 0
    assert lrstudy("-m", "seed=1,2,3", *keys).status == 0
    assert lrstudy("-m", "seed=1,2,3", *keys, "skip_finished=false").status == 0
    tracking = open_tracking("sqlite:///mlflow.db", "lr-study", create=False)
    models = tracking.client.search_logged_models([tracking.experiment_id])
    sources = [model.source_run_id for model in models]
    assert len(sources) == len(set(sources))
    newest = tracking.finished().values()
    best = max(newest, key=lambda run: run.data.metrics["test_acc"])
    assert best.info.run_id in sources


def statuses(folder):
    tracking = open_tracking("sqlite:///mlflow.db", "lr-study", create=False)
    models = tracking.client.search_logged_models([tracking.experiment_id])
    return sorted(str(model.status) for model in models)


def test_a_model_whose_logging_fails_or_is_killed_is_not_left_pending(lrstudy, folder, monkeypatch):
    sweep = ("-m", "seed=1", "loss=log_softmax", *TINY)
    for error, status in ((KeyboardInterrupt(), 130), (PermissionError(13, "denied", "here"), 2)):
        with monkeypatch.context() as patch:
            patch.setattr(best_models, "save_model", Mock(side_effect=error))
            answer = lrstudy(*sweep)
        assert (answer.status, answer.err.count("\n")) == (status, 1)
    assert statuses(folder) == ["FAILED", "FAILED"]
    tracking = open_tracking("sqlite:///mlflow.db", "lr-study", create=False)
    gone, alive = "1 a/b/c", this_process().to_text()
    for logged_by in (f"{this_process().host} {gone}", alive, f"elsewhere {gone}", "abc"):
        tags = {best_models.LOGGED_BY: logged_by}
        tracking.client.create_logged_model(tracking.experiment_id, tags=tags)
    assert lrstudy(*sweep).status == 0
    assert statuses(folder) == [*["FAILED"] * 3, *["PENDING"] * 3, "READY"]
