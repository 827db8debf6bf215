"""A configuration: its step size, its name and its hash."""

from dataclasses import replace

import pytest

from runner import configuration
from runner.configuration import Configuration, sweep_id_of
from runner.data import FASHION_MNIST_2017_08_26, DataSet

ARTICLE = Configuration(
    lr=0.1,
    batch_size=256,
    epochs=5,
    seed=2,
    order_seed=2,
    loss="pick_log",
    init_sigma=1.0,
    division="python3",
    on_divergence="stop",
    train_limit=60_000,
    test_limit=10_000,
)
CHANGES = {
    "lr": 0.2,
    "batch_size": 128,
    "epochs": 6,
    "seed": 3,
    "order_seed": 3,
    "loss": "log_pick",
    "init_sigma": 0.01,
    "draws": "macos",
    "rounding": 4061,
    "clip_gradient": 1.0,
    "dtype": "float64",
    "division": "python2",
    "on_divergence": "continue",
    "train_limit": 100,
    "test_limit": 100,
}


@pytest.mark.parametrize(
    ("lr", "division", "step_size"),
    [
        (0.1, "python3", 0.1 / 256),
        (1.0, "python3", 1 / 256),
        (0.1, "python2", 0.1 / 256),
        (1.0, "python2", 0.0),
        (512.0, "python2", 2.0),
        (1.5, "python2", 1.5 / 256),
    ],
)
def test_the_step_size_is_lr_by_batch_size_as_the_division_does_it(lr, division, step_size):
    assert replace(ARTICLE, lr=lr, division=division).step_size == step_size


@pytest.mark.parametrize("key", CHANGES)
def test_every_value_that_decides_numbers_is_in_the_hash(key):
    assert replace(ARTICLE, **{key: CHANGES[key]}).config_hash != ARTICLE.config_hash


def test_the_hash_knows_the_data_and_the_trainer(monkeypatch):
    before = ARTICLE.config_hash
    monkeypatch.setattr(configuration, "TRAINER_VERSION", configuration.TRAINER_VERSION + 1)
    after = ARTICLE.config_hash
    monkeypatch.setattr(DataSet, "digest", "other data")
    assert len({before, after, ARTICLE.config_hash}) == 3


def test_the_hash_of_a_configuration_without_later_keys_is_that_of_earlier_runs():
    assert ARTICLE.config_hash == "063b1f64ef3de713"  # as the run of an earlier study has it
    assert "draws" not in ARTICLE.params
    assert replace(ARTICLE, draws="macos").params["draws"] == "macos"
    assert "clip_gradient" not in ARTICLE.params
    assert replace(ARTICLE, clip_gradient=0.5).params["clip_gradient"] == 0.5
    assert replace(ARTICLE, dtype="float32").config_hash == ARTICLE.config_hash
    assert "dtype" not in ARTICLE.params
    assert replace(ARTICLE, dtype="float64").params["dtype"] == "float64"


@pytest.mark.parametrize(
    ("changes", "config_hash"),
    [
        ({"data_set": FASHION_MNIST_2017_08_26}, "e0ac3cfc9e5f20fa"),
        ({"draws": "macos", "rounding": 7}, "b8a85756545cd24c"),
        (
            {"train_limit": 500, "batch_size": 64, "loss": "log_pick"},
            "dc0d3d1c1e7afe9a",
        ),
        (
            {"data_set": FASHION_MNIST_2017_08_26, "test_limit": 9, "order_seed": 4},
            "2aecd6daf0dddcdc",
        ),
    ],
)
def test_published_data_has_the_hash_that_it_had_before_users_brought_their_own(
    changes, config_hash
):
    assert replace(ARTICLE, **changes).config_hash == config_hash


def test_the_sweep_id_is_that_of_the_set_of_its_configurations():
    assert sweep_id_of({"a", "b"}) == sweep_id_of({"b", "a"}) != sweep_id_of({"a"})


def test_the_name_begins_with_the_form_and_sigma_and_shows_what_differs_from_the_defaults():
    assert ARTICLE.name == "pick_log sigma=1 lr=0.1 bs=256 seed=2"
    changed = replace(ARTICLE, lr=1.0, order_seed=5, loss="log_pick", train_limit=100)
    assert changed.name == ("log_pick sigma=1 lr=1 bs=256 seed=2 order_seed=5 data.train_limit=100")
    assert replace(ARTICLE, init_sigma=0.01).name == "pick_log sigma=0.01 lr=0.1 bs=256 seed=2"
    assert replace(ARTICLE, rounding=4061).name.endswith(" seed=2 rounding=4061")
    assert replace(ARTICLE, clip_gradient=0.5).name.endswith(" seed=2 clip_gradient=0.5")
    assert replace(ARTICLE, dtype="float64").name.endswith(" seed=2 dtype=float64")
    assert (
        replace(ARTICLE, draws="macos").name == "pick_log sigma=1 lr=0.1 bs=256 seed=2 draws=macos"
    )
