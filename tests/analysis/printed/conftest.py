"""The trainings that were published."""

import pytest

from analysis.printed.published import load_published


@pytest.fixture
def sequence():
    """The published training of a source at a learning rate."""

    def find(source, lr):
        (found,) = [one for one in load_published() if (one.source, one.lr) == (source, lr)]
        return found

    return find
