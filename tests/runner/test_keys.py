"""The keys that users type become a configuration."""

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
