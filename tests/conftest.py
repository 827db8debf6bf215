"""What the tests share: the data, a command line to type into, and one small study."""

import importlib.util
import shutil
import sys

import pytest

import runner  # noqa: F401  # first of all: prepares the process for MXNet and MLflow

# isort: split
from support.browser import launched
from support.mlflow_tables import tables_made_once
from support.typing_commands import SMALL, type_command

import analysis
from runner import data
from runner.commands import lrstudy as cli
from runner.configuration import sweep_id_of
from runner.tracking import mounts, open_tracking

ROOT_MOUNT = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"


@pytest.fixture(autouse=True, scope="session")
def no_fetching():
    """`make test` has fetched the data; no test does, but those of `fetch` itself."""
    if data.locate() is None:
        pytest.exit(
            "Fashion-MNIST is not there; fetch it: python -m runner.data.fetch", returncode=2
        )


@pytest.fixture(autouse=True, scope="session")
def mlflow_tables(tmp_path_factory):
    """Of the stores that tests make in this process, MLflow makes the tables once."""
    with tables_made_once(tmp_path_factory.mktemp("mlflow") / "tables.db"):
        yield


@pytest.fixture(scope="session")
def splits():
    """The whole of Fashion-MNIST; `make test` has fetched it."""
    return data.load()


@pytest.fixture(scope="session")
def small_splits(splits):
    """The first 2,048 training and 512 test images."""
    train_split, test_split = splits
    return train_split.first(2048), test_split.first(512)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder, and no tracking server from outside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


@pytest.fixture
def lrstudy(folder, capsys):
    """Type `lrstudy WORDS` in the empty folder."""
    return lambda *words: type_command(cli.main, capsys, "lrstudy", *words)


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """A folder in which a small sweep has run: learning rate 1, 0.1 x seeds 1, 2."""
    place = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr(sys, "argv", ["lrstudy", "-m", "lr=1,0.1", "seed=1,2", *SMALL])
        cli.main()
    return place


@pytest.fixture(scope="session")
def tracking(study):
    """The experiment of that sweep."""
    return open_tracking(f"sqlite:///{study / 'mlflow.db'}", "lr-study", create=False)


@pytest.fixture(scope="session")
def two_sweeps(tmp_path_factory):
    """A folder with two sweeps that the form of the loss sets apart, and their ids."""
    place = tmp_path_factory.mktemp("two_sweeps")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for loss in ("pick_log", "log_softmax"):
            words = ["-m", "lr=1,0.1", "seed=1,2", "batch_size=64,256", f"loss={loss}", *SMALL]
            patch.setattr(sys, "argv", ["lrstudy", *words])
            cli.main()
        runs, _ = analysis.load_runs()
    ids = {
        loss: sweep_id_of(set(runs.loc[runs["loss"] == loss, "config_hash"]))
        for loss in ("pick_log", "log_softmax")
    }
    return place, ids


@pytest.fixture
def mounted(folder, monkeypatch):
    """Say what the system tells of its mounts: pairs of a folder and a type, below a local root."""

    def say(*pairs):
        lines = []
        for number, (place, kind) in enumerate(pairs, 2):
            point = str(place).replace(" ", r"\040")
            lines.append(f"{number} 1 0:{number} / {point} rw shared:9 - {kind} somewhere rw\n")
        (folder / "mountinfo").write_text(ROOT_MOUNT + "".join(lines))
        monkeypatch.setattr(mounts, "MOUNTS", folder / "mountinfo")

    return say


@pytest.fixture(scope="session")
def chromium():
    """Headless Chromium, driven by Playwright."""
    if shutil.which("chromium") is None or importlib.util.find_spec("playwright") is None:
        pytest.skip("Chromium or Playwright is not there; make browser installs them")
    with launched() as browser:
        yield browser
