"""Trained models read back: which are shown, and what they predict."""

import numpy as np
import pandas as pd
import pytest
from support.hand_made import some_runs

import analysis
from analysis.reading.parameters import Parameters
from analysis.sections.trained_models import trained_models
from runner.data import FASHION_MNIST


def test_a_model_read_back_predicts_what_its_run_logged(study, small_splits):
    uri = f"sqlite:///{study}/mlflow.db"
    runs, _ = analysis.load_runs(uri=uri)
    (model,) = trained_models(runs, uri, fashion_mnist)  # learning rate 1 diverges with both seeds
    assert (model.lr, model.loss, model.seed) == (0.1, "pick_log", 1)
    test = small_splits[1]
    predicted = model.predict(test.images.reshape(len(test.labels), -1))
    logged = runs.set_index("run_id")["test_acc"][model.run_id]
    assert (predicted == test.labels).mean() == pytest.approx(logged, abs=1e-9)


def fashion_mnist(name):
    assert name == FASHION_MNIST.name
    return FASHION_MNIST


def no_parameters(run_id, uri, shape):
    empty = np.zeros((784, 10), np.float32)
    return Parameters(empty, empty[0], empty, empty[0])


def test_of_many_models_the_ends_and_the_best_are_shown(monkeypatch):
    monkeypatch.setattr("analysis.sections.trained_models.load_parameters", no_parameters)
    runs, _ = some_runs([1.0, 0.3, 0.1, 0.03, 0.01], 2)
    runs.loc[runs["lr"] == 0.03, "test_acc"] = 0.99
    assert [model.lr for model in trained_models(runs, None, fashion_mnist)] == [1.0, 0.03, 0.01]
    runs.loc[runs["lr"] == 1.0, "test_acc"] = 1.0
    assert [model.lr for model in trained_models(runs, None, fashion_mnist)] == [1.0, 0.1, 0.01]
    assert trained_models(runs.assign(outcome="diverged"), None, fashion_mnist) == []


def test_the_models_shown_are_of_the_form_that_learns_best(monkeypatch):
    """Of forms that learned at three learning rates or more; one lucky rate is not enough."""
    monkeypatch.setattr("analysis.sections.trained_models.load_parameters", no_parameters)
    runs, _ = some_runs([1.0, 0.1, 0.01, 0.001], 2)
    best = runs[runs["lr"] > 0.001].assign(loss="log_softmax", test_acc=0.9)
    lucky = runs[runs["lr"] == 1.0].assign(loss="log_pick", test_acc=0.99)
    models = trained_models(pd.concat([runs, best, lucky], ignore_index=True), None, fashion_mnist)
    assert {model.loss for model in models} == {"log_softmax"}
    assert [model.lr for model in models] == [1.0, 0.1, 0.01]
