"""What the tests share: the data, a command line to type into, and small studies.

MLflow is imported by the fixtures that need it, for pytest's first process needs none of them.
"""

import importlib.util
import shutil
import sys

import hypothesis
import pytest

import runner.training  # noqa: F401  # first of all: prepares the process, and imports MXNet

# isort: split
from support.browser import launched
from support.made_once import made_once
from support.typing_commands import SMALL, type_command

from runner import data
from runner.commands import lrstudy as cli
from runner.configuration import sweep_id_of

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")

ROOT_MOUNT = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"


@pytest.fixture(autouse=True, scope="session")
def no_fetching():
    """`make test` has fetched the data; no test does, but those of `fetch` itself."""
    if data.locate() is None:
        pytest.exit("Fashion-MNIST is not there; fetch it: python -m runner.data", returncode=2)


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
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    return tmp_path


@pytest.fixture
def lrstudy(folder, capsys):
    """Type `lrstudy WORDS` in the empty folder."""
    return lambda *words: type_command(cli.main, capsys, "lrstudy", *words)


def run_sweep(place, *words):
    """Type `lrstudy -m WORDS` in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
        patch.setattr(sys, "argv", ["lrstudy", "-m", *words])
        cli.main()


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """A folder in which a small sweep has run: learning rate 1, 0.1 x seeds 1, 2."""
    return made_once(
        tmp_path_factory, "study", lambda place: run_sweep(place, "lr=1,0.1", "seed=1,2", *SMALL)
    )


@pytest.fixture(scope="session")
def tracking(study):
    """The experiment of that sweep."""
    from runner.tracking import open_tracking

    return open_tracking(f"sqlite:///{study / 'mlflow.db'}", "lr-study", create=False)


@pytest.fixture(scope="session")
def two_sweeps(tmp_path_factory):
    """A folder with two sweeps that the form of the loss sets apart, and their ids."""
    import analysis

    def run_both(place):
        for loss in ("pick_log", "log_softmax"):
            run_sweep(place, "lr=1,0.1", "seed=1,2", "batch_size=64,256", f"loss={loss}", *SMALL)

    place = made_once(tmp_path_factory, "two_sweeps", run_both)
    runs, _ = analysis.load_runs(uri=f"sqlite:///{place}/mlflow.db")
    ids = {
        loss: sweep_id_of(set(runs.loc[runs["loss"] == loss, "config_hash"]))
        for loss in ("pick_log", "log_softmax")
    }
    return place, ids


@pytest.fixture
def mounted(folder, monkeypatch):
    """Say what the system tells of its mounts: pairs of a folder and a type, below a local root."""
    from runner.tracking import mounts

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
