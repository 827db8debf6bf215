"""The keys that users type become a configuration."""

from dataclasses import fields

import pytest
from hydra import compose, initialize_config_dir

from runner import keys
from runner.commands.lrstudy import conf_folder
from runner.configuration import Configuration


def test_the_usual_values_of_a_name_are_the_defaults():
    keys.register()
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        assert keys.configuration_of(compose("config")) == Configuration(
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


def configured(*overrides):
    keys.register()
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        return keys.configuration_of(compose("config", list(overrides)))


@pytest.mark.parametrize("key", [one.name for one in fields(Configuration) if one.type is float])
def test_every_float_has_15_significant_digits(key):
    plain = configured(f"{key}=0.3")
    for text in ("0.30000000000000004", "0.3000000000000001", "3e-1", "+0.30"):
        assert configured(f"{key}={text}") == plain
    assert configured(f"{key}=0.300000000000001").config_hash != plain.config_hash


def test_zero_has_no_sign():
    assert configured("init_sigma=-0.0").config_hash == configured("init_sigma=0").config_hash


def test_what_was_finished_before_floats_were_rounded_stays_finished():
    """The hashes that runs carry since trainer version 3."""
    assert configured().config_hash == "063b1f64ef3de713"
    assert configured("lr=0.3").config_hash == "7e2c28d3b45b95f1"
