"""The look of a learning rate."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from runner.pictures.style import rate_look, rate_looks


def test_a_learning_rate_looks_the_same_in_every_picture():
    assert rate_look(1.0)["color"] == "#d55e00"
    assert rate_look(0.1)["color"] == "#0072b2"
    looks = [rate_look(lr) for lr in (1e-5, 1e-4, 0.001, 0.01, 0.1, 1.0, 10.0, 100.0)]
    colours = np.array([to_rgb(look["color"]) for look in looks])
    distances = np.abs(colours[:, None] - colours).sum(axis=2)[~np.eye(len(looks), dtype=bool)]
    assert distances.min() > 0.3


@pytest.mark.parametrize(
    "rates",
    [
        (1.0, 0.1, 0.01, 1e-4, 1e-5),
        (10.0, 1.0, 0.1, 0.01, 0.001),
        (2.0, 1.0, 0.1, 0.01, 0.005),
        (0.14, 0.13, 0.12, 0.11, 0.1),
    ],
)
def test_learning_rates_of_one_picture_differ_without_colours_too(rates):
    looks = rate_looks(rates)
    assert looks[rates[0]] == rate_look(rates[0])
    assert [looks[rate]["color"] for rate in rates] == [rate_look(rate)["color"] for rate in rates]
    for part in ("linestyle", "marker"):
        assert len({looks[rate][part] for rate in rates}) == len(rates)
