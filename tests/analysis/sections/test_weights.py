"""The weights of trained models: which are shown, and why none are."""

import numpy as np
from support.hand_made import evidence_of, some_runs

from analysis.reading.parameters import Parameters
from analysis.sections.predictions import PREDICTIONS
from analysis.sections.weights import WEIGHTS, mosaic
from runner.process import InputError


def some_parameters(run_id, uri, shape):
    draw = np.random.default_rng(0)
    W0, W = draw.normal(size=(2, 784, 10)).astype(np.float32)
    return Parameters(W0, W0[0], W, W[0])


def test_a_mosaic_holds_each_column_as_an_image_on_the_scale_of_its_row():
    first, second = np.random.default_rng(0).normal(size=(2, 784, 10)).astype(np.float32)
    gap = 4
    tiles = mosaic([first, second], (28, 28))
    assert tiles.shape == (2 * 28 + gap, 10 * 28 + 9 * gap)
    left, top = 3 * (28 + gap), 28 + gap
    drawn = tiles[top : top + 28, left : left + 28]
    limit = np.sort(np.abs(second).ravel())[int(0.99 * second.size)]
    np.testing.assert_allclose(drawn * limit, second[:, 3].reshape(28, 28), rtol=2e-3, atol=1e-6)
    assert np.isnan(tiles[28 : 28 + gap]).all()


def test_two_rows_of_ten_images_for_each_model(monkeypatch, panels):
    monkeypatch.setattr("analysis.sections.trained_models.load_parameters", some_parameters)
    runs, epochs = some_runs([1.0, 0.3, 0.1, 0.03], 2)
    section = WEIGHTS.make(evidence_of(runs, epochs, "sqlite:///none.db"))
    assert panels(section["picture"]) == 1
    assert section["picture"].count("change") == 3  # each row of tiles is labelled
    assert (len(section["models"]), section["rates"], section["forms"]) == (3, 4, 1)


def test_without_models_the_sections_on_them_give_the_same_reason(monkeypatch):
    def gone(run_id, uri, shape):
        raise InputError("run f00 has no parameters.npz")

    monkeypatch.setattr("analysis.sections.trained_models.load_parameters", gone)
    runs, epochs = some_runs([1.0, 0.1], 2)
    for evidence, reason in (
        (evidence_of(runs, epochs), "tables hold no parameters"),
        (evidence_of(runs, epochs, "sqlite:///none.db"), "run f00 has no parameters.npz"),
        (
            evidence_of(runs.assign(outcome="stalled"), epochs, "sqlite:///none.db"),
            "no model learned",
        ),
    ):
        said = f"weights and predictions of trained models: {reason}"
        assert WEIGHTS.make(evidence) == PREDICTIONS.make(evidence) == said


def test_without_images_there_are_weights_alone(monkeypatch):
    monkeypatch.setattr("analysis.sections.trained_models.load_parameters", some_parameters)
    monkeypatch.setattr("runner.data.locate", lambda *_: None)
    evidence = evidence_of(*some_runs([0.1], 2), "sqlite:///none.db")
    assert "picture" in WEIGHTS.make(evidence)
    assert PREDICTIONS.make(evidence) == (
        "predictions of trained models: Fashion-MNIST is not on this machine"
    )
