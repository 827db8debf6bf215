"""The pictures of a run: each shows its own run, though they share what was drawn before."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.image import imread

from runner.data import FASHION_MNIST
from runner.pictures import curves
from runner.pictures import images as pictures
from runner.pictures.background import axis_limit


def records(losses, fatal=None):
    """A run with these losses, untrained first; accuracies rise to match."""
    return [
        SimpleNamespace(
            epoch=epoch,
            diverged_update=None if fatal is None or epoch < fatal else 10 * epoch,
            metrics={"train_loss": loss, "test_loss": loss, "train_acc": 0.5, "test_acc": 0.6},
        )
        for epoch, loss in enumerate(losses)
    ]


RUNS = {
    "falling": records([2.9, 1.0, 0.5]),
    "rising": records([1.0, 2.0, 2.9]),
    "dying": records([2.9, 1.0, np.nan], fatal=2),
    "overflowing before it is trained": records([np.inf, 2.5, 2.0]),
    "perfect": records([0.0, 0.0, 0.0]),
}
DEATHS = {
    "low": (0, 1, (*range(-90, 0, 10), 3.0)),
    "high": (2, 9, (*range(-90, 0, 10), 2.5)),
    "overflowing": (5, 5, (np.inf, np.nan, -np.inf, *range(7))),
    "overflowing below zero": (5, 5, (*range(-9, -4), np.inf, *range(-4, 0))),
    "underflowing": (3, 4, (np.nan,) * 10),
}


def draw_curves(name, path):
    curves.save_curves(RUNS[name], path)
    return imread(path)


def draw_death(name, path):
    label, guilty, logits = DEATHS[name]
    image = np.full((28, 28), len(name) / 20, "float32")
    pictures.save_divergence(
        image, label, guilty, logits, FASHION_MNIST.labels, f"It died, {name}.", path
    )
    return imread(path)


def save_whole(background, path):
    """Draw all of a figure at once, as it is now."""
    for artist in background.changing:
        artist.set_animated(False)
    background.figure.savefig(path, dpi=background.figure.dpi)
    for artist in background.changing:
        artist.set_animated(True)


KINDS = [
    (draw_curves, sorted(RUNS), curves, (220, 600)),
    (draw_death, sorted(DEATHS), pictures, (420, 1050)),
]


@pytest.mark.parametrize(("draw", "names", "module", "shape"), KINDS)
def test_a_picture_shows_all_of_its_figure(draw, names, module, shape, tmp_path, monkeypatch):
    drawn = {name: draw(name, tmp_path / "one.png") for name in names}
    monkeypatch.setattr("runner.pictures.background.Background.save", save_whole)
    for name in names:
        whole = draw(name, tmp_path / "whole.png")
        assert whole.shape == drawn[name].shape
        assert (np.abs(whole - drawn[name]).max(axis=2) > 0.3).mean() < 1e-4


@pytest.mark.parametrize(("draw", "names", "module", "shape"), KINDS)
def test_a_picture_shows_nothing_of_the_one_before(draw, names, module, shape, tmp_path):
    drawn = {name: draw(name, tmp_path / "one.png") for name in names}
    for number, name in enumerate(names):
        assert drawn[name].shape[:2] == shape
        for other in names[:number]:
            assert not np.array_equal(drawn[name], drawn[other])
        np.testing.assert_array_equal(draw(name, tmp_path / "again.png"), drawn[name])
        module._template.cache_clear()
        np.testing.assert_array_equal(draw(name, tmp_path / "first.png"), drawn[name])


@pytest.mark.parametrize("value", [1e-300, 0.3, 1, 1.2, 99, 100, 101, 1e300])
def test_an_axis_reaches_its_largest_value_and_not_twice_as_far(value):
    assert value <= axis_limit(value) <= 2 * value


def test_an_axis_of_zeros_ends_at_zero():
    assert axis_limit(0) == 0
