"""The verified files, and a cache folder without them."""

import pytest

from runner.data import FASHION_MNIST, files


@pytest.fixture
def changed(monkeypatch):
    """Give a field of the data set another value while the test runs."""
    return lambda name, value: monkeypatch.setitem(FASHION_MNIST.__dict__, name, value)


@pytest.fixture(scope="session")
def official():
    """The folder of the verified files."""
    return files.locate()


@pytest.fixture
def cache(tmp_path, monkeypatch, changed):
    """An empty cache folder, and no Debian folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    changed("debian_folder", tmp_path / "usr/share/datasets/fashion-mnist")
    return files.cache_folder()
