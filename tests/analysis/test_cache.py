"""What takes seconds is computed once, and the cache can never be in the way."""

import os

import numpy as np
import pytest

from analysis import cache
from analysis.cache import cached


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "lrstudy" / "computed"


@pytest.fixture
def computed(folder):
    """Ask for squares of an array, and count how often they are computed."""
    times = []

    def squares(array, *others):
        def compute():
            times.append(array)
            return {"squares": array**2, "number": np.array(len(array))}

        return cached(compute, [array, *others], [cached]), len(times)

    return squares


def test_the_same_is_computed_once_and_read_to_the_last_bit(computed, folder):
    array = np.random.default_rng(0).standard_normal(9)
    for _ in range(3):
        found, times = computed(array)
        np.testing.assert_array_equal(found["squares"], array**2)
        assert (found["squares"].dtype, int(found["number"]), times) == (np.float64, 9, 1)
    assert len(list(folder.iterdir())) == 1


def test_whatever_decides_the_result_is_told_apart(computed, monkeypatch):
    array = np.arange(6.0)
    asked = [(array,), (array.astype("f"),), (array.reshape(2, 3),), (array, 1), (array, "1")]
    assert [computed(*one)[1] for one in asked * 2] == [1, 2, 3, 4, 5, 5, 5, 5, 5, 5]
    monkeypatch.setattr(cache.inspect, "getsource", lambda module: "another program")
    assert computed(array)[1] == 6


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive"])
def test_a_damaged_file_is_made_again(computed, folder, content):
    array = np.arange(4.0)
    computed(array)
    (file,) = folder.iterdir()
    file.write_bytes(content)
    assert [computed(array)[1] for _ in range(2)] == [2, 2]


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_only_costs_time(computed, tmp_path):
    tmp_path.chmod(0o500)
    assert [computed(np.arange(4.0))[1] for _ in range(2)] == [1, 2]


def test_a_file_in_the_place_of_the_folder_only_costs_time(computed, folder):
    folder.parent.mkdir()
    folder.write_text("in the way")
    assert [computed(np.arange(4.0))[1] for _ in range(2)] == [1, 2]
