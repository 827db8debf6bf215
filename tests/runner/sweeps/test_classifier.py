"""The program inside a logged model: MLflow loads and serves it anywhere."""

import json
import os
import subprocess
import sys
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pytest
from scipy.special import softmax

from runner.data import FASHION_MNIST

LABELS = FASHION_MNIST.labels


def parameters_of(tracking, run_id, folder):
    path = tracking.client.download_artifacts(run_id, "parameters.npz", str(folder))
    with np.load(path) as arrays:
        return arrays["W"].astype(np.float64), arrays["b"].astype(np.float64)


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


@pytest.mark.slow
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
