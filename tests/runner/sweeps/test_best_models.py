"""The best survivor of each learning rate is a model that MLflow loads and serves anywhere."""

import json
import os
import subprocess
import sys
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pytest
from scipy.special import softmax
from support.typing_commands import SMALL

from runner.data import FASHION_MNIST
from runner.tracking.store import open_tracking

LABELS = FASHION_MNIST.labels


@pytest.fixture(scope="module")
def tracking(study):
    return open_tracking(f"sqlite:///{study / 'mlflow.db'}", "lr-study", create=False)


@pytest.fixture(scope="module")
def model(tracking):
    (only,) = tracking.client.search_logged_models([tracking.experiment_id])
    return only


def parameters_of(tracking, run_id, folder):
    path = tracking.client.download_artifacts(run_id, "parameters.npz", str(folder))
    with np.load(path) as arrays:
        return arrays["W"].astype(np.float64), arrays["b"].astype(np.float64)


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


def test_the_model_predicts_what_the_parameters_say(tracking, model, small_splits, tmp_path):
    _, test_split = small_splits
    W, b = parameters_of(tracking, model.source_run_id, tmp_path)
    expected = softmax(test_split.images.reshape(-1, 784).astype(np.float64) @ W + b, axis=1)
    loaded = mlflow.pyfunc.load_model(model.artifact_location)
    predicted = loaded.predict(test_split.images)
    assert list(predicted["label"]) == [LABELS[number] for number in expected.argmax(axis=1)]
    np.testing.assert_allclose(predicted["probability"], expected.max(axis=1), rtol=1e-4)
    right = [LABELS[int(label)] for label in test_split.labels] == predicted["label"]
    run = tracking.client.get_run(model.source_run_id)
    assert right.mean() == pytest.approx(run.data.metrics["test_acc"], abs=1e-6)


def test_a_wrong_shape_is_refused(model):
    loaded = mlflow.pyfunc.load_model(model.artifact_location)
    with pytest.raises(mlflow.MlflowException, match=r"Shape of input \(2, 784\)"):
        loaded.predict(np.zeros((2, 784), np.float32))


def test_mlflow_s_command_predicts_without_lrstudy(study, model, tmp_path):
    """`runner` cannot be imported there, as on a machine where it is not installed."""
    (tmp_path / "runner.py").write_text("raise ImportError('the model must not need lrstudy')")
    example = Path(model.artifact_location.removeprefix("file://")) / "serving_input_example.json"
    command = [sys.executable, "-m", "mlflow", "models", "predict", "--env-manager", "local"]
    answer = subprocess.run(
        [*command, "-m", f"models:/{model.model_id}", "-i", example],
        capture_output=True,
        text=True,
        check=True,
        env={
            **os.environ,
            "MLFLOW_TRACKING_URI": f"sqlite:///{study / 'mlflow.db'}",
            "PYTHONPATH": str(tmp_path),
        },
    )
    predictions = json.loads(answer.stdout.strip().splitlines()[-1])["predictions"]
    assert len(predictions) == 2
    assert all(one["label"] in LABELS and 0 < one["probability"] <= 1 for one in predictions)


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
