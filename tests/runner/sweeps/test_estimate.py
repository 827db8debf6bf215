"""How long runs take, told before they are trained."""

import pytest

from runner.configuration import Configuration
from runner.sweeps.estimate import disk_of, times_of


def test_an_estimate_grows_with_epochs_and_examples():
    common = {"seed": 1, "order_seed": 1, "loss": "log_softmax", "init_sigma": 1.0}
    common |= {"division": "python3", "on_divergence": "stop", "lr": 0.1, "batch_size": 256}
    small, long, large = times_of([
        Configuration(**common, epochs=1, train_limit=25600, test_limit=1),
        Configuration(**common, epochs=10, train_limit=25600, test_limit=1),
        Configuration(**common, epochs=1, train_limit=51200, test_limit=1),
    ])  # fmt: skip
    assert long == pytest.approx(10 * small)
    assert large == pytest.approx(2 * small, rel=0.01)


def test_the_parameters_of_a_run_in_float64_take_twice_the_space():
    single, double = (
        Configuration(0.1, 256, 5, 1, 1, "log_softmax", 1.0, "python3", "stop", 1000, 100,
                      dtype=dtype)
        for dtype in ("float32", "float64")
    )  # fmt: skip
    assert disk_of(double) - disk_of(single) == 2 * 4 * 784 * 10  # untrained and trained
    assert len(times_of([single, double])) == 2
