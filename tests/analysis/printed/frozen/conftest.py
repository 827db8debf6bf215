"""Untrained models, simulated on all images and on a few."""

import numpy as np
import pytest

from analysis.printed.frozen.untrained import simulate

FEW = 2000
"""Training images of the small simulations: seven full batches and one of 208."""


def arrays(split, count=None):
    return split.images[:count], split.labels[:count]


@pytest.fixture(scope="session")
def untrained(splits):
    train_split, test_split = splits
    generator = np.random.default_rng(1)
    return simulate(arrays(train_split), arrays(test_split), generator, models=100, shuffles=30)


@pytest.fixture(scope="session")
def few(splits):
    """Training and test images and labels for many simulated models and NumPy's trainer."""
    train_split, test_split = splits
    return arrays(train_split, FEW), arrays(test_split, 500)


@pytest.fixture(scope="session")
def few_untrained(few):
    return simulate(*few, np.random.default_rng(2), models=200, shuffles=30)
