"""The best survivor of each learning rate is logged as a model."""

import pytest
from support.typing_commands import SMALL

from runner.data import FASHION_MNIST
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
