"""`lrstudy-report`, typed; the small study's report; a tracking server that nobody stops."""

import pytest
from conftest import run_sweep
from support.made_once import made_once
from support.tracking_server import tracking_server
from support.typing_commands import type_command

from analysis.report import command as cli


@pytest.fixture
def lrstudy_report(capsys):
    return lambda *words: type_command(cli.main, capsys, "lrstudy-report", *words)


@pytest.fixture
def report(two_sweeps, capsys, tmp_path):
    """Type `lrstudy-report` over the two sweeps; into the folder `out`."""
    uri = f"sqlite:///{two_sweeps[0]}/mlflow.db"

    def typed_report(*words, source=("--uri", uri)):
        out = ("--output", str(tmp_path / "out"))
        return type_command(cli.main, capsys, "lrstudy-report", *source, *out, *words)

    return typed_report


@pytest.fixture(scope="session")
def study_report(study, tmp_path_factory):
    """The folder of the small study's report, which is logged to its sweep."""

    def write(place):
        words = ["--uri", f"sqlite:///{study / 'mlflow.db'}", "--output", str(place)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.argv", ["lrstudy-report", *words])
            cli.main()

    return made_once(tmp_path_factory, "study_report", write)


@pytest.fixture(scope="session")
def headline(tmp_path_factory):
    """A folder that holds one seed of each setting of the headline, and other runs beside it."""

    def run_both(place):
        stacked = ("seed=1", "hydra/launcher=stacked")
        sigmas_and_orders = ("init_sigma=1,0.01", "order_seed=1,2")
        run_sweep(place, "lr=1", "loss=log_softmax", *sigmas_and_orders, *stacked)
        run_sweep(place, "lr=1,0.1,0.01", "loss=pick_log,log_pick,log_softmax", *stacked)

    return made_once(tmp_path_factory, "headline", run_both)


@pytest.fixture(scope="session")
def server_address(tmp_path_factory):
    """The address of an MLflow server of this machine."""
    with tracking_server(tmp_path_factory.mktemp("server") / "files") as server:
        yield server.address
