"""The MLflow store is made safely and holds what was logged."""

import contextlib
import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import sys
import time

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from support.commands import TINY, tell_at_once, typed
from support.tracking_server import tracking_server
from support.typing_commands import SMALL

from runner.data import FASHION_MNIST
from runner.process.errors import InputError
from runner.tracking.store import open_tracking

STORE = "sqlite:///mlflow.db"


def open_and_log(folder, barrier, number):
    os.chdir(folder)
    barrier.wait()
    tracking = open_tracking(STORE, "raced")
    for count in range(3):
        with tracking.run(f"{number}-{count}", {"kind": "run"}) as run_log:
            run_log.log(metrics={count: {"value": number}})


def test_many_processes_at_once_on_an_empty_folder_lose_no_run(folder):
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(4)
    processes = [
        spawn.Process(target=open_and_log, args=(folder, barrier, number)) for number in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    tracking = open_tracking(STORE, "raced", create=False)
    names = {run.info.run_name for run in tracking.runs("attributes.status = 'FINISHED'")}
    assert names == {f"{number}-{count}" for number in range(4) for count in range(3)}


def test_a_new_store_uses_write_ahead_logging_and_leaves_nothing_half_made(folder):
    open_tracking(STORE, "lr-study")
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert not list(folder.glob("*.init*"))


RACE = """(psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint
[SQL: INSERT INTO datasets ...]
(Background on this error at: https://sqlalche.me/e/21/gkpj)"""


@pytest.mark.parametrize(
    ("message", "lost", "calls"), [(RACE, 5, 6), (RACE, 6, 6), ("something else", 1, 1)]
)
def test_a_call_that_loses_a_race_is_made_again_but_not_for_ever(
    folder, monkeypatch, message, lost, calls
):
    tracking = open_tracking(STORE, "lr-study")
    log_inputs, made = MlflowClient.log_inputs, []

    def raced(self, *arguments, **keywords):
        made.append(arguments)
        if len(made) <= lost:
            raise MlflowException(message)
        return log_inputs(self, *arguments, **keywords)

    monkeypatch.setattr(MlflowClient, "log_inputs", raced)
    succeeds = lost < calls
    with (
        contextlib.nullcontext() if succeeds else pytest.raises(MlflowException),
        tracking.run("one", {"kind": "run"}) as run_log,
    ):
        run_log.datasets(FASHION_MNIST, {"train": 60000, "test": 10000})
    assert len(made) == calls
    (run,) = tracking.runs("")
    assert len(run.inputs.dataset_inputs) == (2 if succeeds else 0)


def test_what_several_processes_tell_a_new_experiment_at_once_is_told(folder):
    """All find it missing; those that write it second are refused, and then find it."""
    for number in range(5):
        tell_at_once(STORE, f"experiment {number}")


@pytest.mark.parametrize(
    "words",
    [
        ("seed=1",),
        ("-m", "seed=1,2", "hydra/launcher=stacked"),
        ("-m", "seed=1,2", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"),
    ],
)
def test_the_store_of_a_command_that_has_ended_is_one_file(folder, words):
    """SQLite's write-ahead log is in it, so that it can be copied and sent."""
    assert typed(*words, *TINY)[0] == 0
    assert {path.name for path in folder.glob("mlflow.db*")} == {"mlflow.db", "mlflow.db.lock"}
    report = subprocess.run([sys.executable, "-m", "analysis"], capture_output=True)
    assert report.returncode == 0
    assert {path.name for path in folder.glob("mlflow.db*")} == {"mlflow.db", "mlflow.db.lock"}


def test_a_store_whose_making_was_killed_is_made_anew(folder):
    (folder / "mlflow.db.init").write_bytes(b"half a database")
    (folder / "mlflow.db.init-wal").write_bytes(b"and its log")
    (folder / "mlflow.db.initial-notes").write_text("somebody's")
    tracking = open_tracking(STORE, "lr-study")
    with tracking.run("one", {"kind": "run"}):
        pass
    assert len(list(tracking.runs("tags.kind = 'run'"))) == 1
    assert [path.name for path in folder.glob("*.init*")] == ["mlflow.db.initial-notes"]


@pytest.mark.parametrize(
    ("error", "status"), [(None, "FINISHED"), (ValueError, "FAILED"), (KeyboardInterrupt, "KILLED")]
)
def test_how_a_run_ends_is_its_status(folder, error, status):
    tracking = open_tracking(STORE, "lr-study")
    expected = pytest.raises(error) if error else contextlib.nullcontext()
    with expected, tracking.run("one", {"kind": "run"}):
        if error:
            raise error
    assert [run.info.status for run in tracking.runs("")] == [status]


def test_finished_gives_the_newest_finished_run_of_each_configuration(folder):
    tracking = open_tracking(STORE, "lr-study")
    ids = []
    for config_hash, error in (("a", None), ("a", None), ("b", None), ("a", ValueError)):
        with contextlib.suppress(ValueError):
            tags = {"kind": "run", "config_hash": config_hash}
            with tracking.run("one", tags) as run_log:
                ids.append(run_log.run_id)
                if error:
                    raise error
        time.sleep(0.002)  # MLflow's start times are whole milliseconds
    found = {config_hash: run.info.run_id for config_hash, run in tracking.finished().items()}
    assert found == {"a": ids[1], "b": ids[2]}
    assert set(tracking.finished("b")) == {"b"}


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")
def test_a_commit_and_its_uncommitted_changes_are_tagged(folder, monkeypatch):
    from runner.tracking import origin as module

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        return subprocess.run(
            ["git", *identity, *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    (folder / "package").mkdir()
    monkeypatch.setattr(module, "__file__", str(folder / "package" / "origin.py"))
    module.place_tags.cache_clear()
    assert "mlflow.source.git.commit" not in module.place_tags()
    git("init", "-q")
    (folder / "file").write_text("one")
    git("add", "file")
    git("commit", "-qm", "one")
    module.place_tags.cache_clear()
    tags = module.place_tags()
    assert (tags["mlflow.source.git.commit"], tags["dirty"]) == (git("rev-parse", "HEAD"), "false")
    (folder / "file").write_text("two")
    module.place_tags.cache_clear()
    assert module.place_tags()["dirty"] == "true"
    module.place_tags.cache_clear()


def test_a_deleted_experiment_gives_one_line_with_the_remedy(folder):
    experiment_id = open_tracking(STORE, "old").experiment_id
    MlflowClient(f"sqlite:///{folder / 'mlflow.db'}").delete_experiment(experiment_id)
    with pytest.raises(
        InputError, match=r"experiment old was deleted; restore it .*--experiment-id"
    ):
        open_tracking(STORE, "old")


@pytest.mark.parametrize("name", ["a b", "c#1", "é'x", "p&q=r"])
def test_a_folder_of_any_usual_name_holds_the_whole_store(folder, monkeypatch, name):
    place = folder / name
    place.mkdir()
    monkeypatch.chdir(place)
    tracking = open_tracking(STORE, "lr-study")
    with tracking.run("one", {"kind": "run"}) as run_log:
        run_log.text("text", "file.txt")
    assert {path.name for path in folder.iterdir()} == {name}
    assert (place / "mlflow.db").stat().st_size > 100_000
    assert [path.name for path in place.glob("mlartifacts/*/artifacts/*")] == ["file.txt"]


@pytest.mark.parametrize("name", ["a?b", "p%20q"])
def test_a_folder_whose_name_an_sqlite_address_cannot_carry_is_refused(folder, monkeypatch, name):
    (folder / name).mkdir()
    monkeypatch.chdir(folder / name)
    with pytest.raises(InputError, match=r"cannot carry the \? or % in"):
        open_tracking(STORE, "lr-study")
    assert not list((folder / name).iterdir())


def test_a_user_without_a_name_can_log(monkeypatch):
    from runner.commands import ui
    from runner.tracking import origin as module

    def nameless():
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert f"{os.getuid()}@" in ui._refusal("0.0.0.0", 5000)
    module.place_tags.cache_clear()
    assert module.place_tags()["mlflow.user"] == str(os.getuid())
    module.place_tags.cache_clear()


def test_a_server_that_is_not_mlflow_s_gives_one_line():
    import http.server
    import threading

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # the standard library's name
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(InputError, match="is no MLflow server"):
            open_tracking(f"http://127.0.0.1:{server.server_port}", "lr-study")
        server.shutdown()


@pytest.mark.parametrize("setting", [{}, {"MLFLOW_DISABLE_TELEMETRY": "false"}])
@pytest.mark.parametrize("package", ["runner.tracking.store", "analysis.reading.runs"])
def test_nothing_is_sent_to_mlflow_s_makers(package, setting):
    """In a process of its own, where this package is the first to import MLflow."""
    code = (
        f"import {package}, mlflow.telemetry.client as client\nprint(client.get_telemetry_client())"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")} | setting
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert answer.stdout == "None\n"


@pytest.fixture
def server(folder):
    """The address of a real MLflow server on this machine."""
    with tracking_server(folder / "server") as server:
        yield server.address


def test_a_server_takes_runs_and_gives_them_back(server, lrstudy, folder, monkeypatch):
    import analysis

    keys = (*SMALL, "loss=log_softmax")
    assert lrstudy("-m", "seed=1,2", *keys, f"tracking.uri={server}").status == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    assert lrstudy("seed=3", *keys).status == 0
    assert "Trained before" in lrstudy("seed=1", *keys).out
    runs, epochs = analysis.load_runs()
    assert list(runs["seed"]) == [1, 2, 3]
    assert len(epochs) == 9
    assert not (folder / "mlflow.db").exists()
    client = MlflowClient(server)
    names = {entry.path for entry in client.list_artifacts(runs["run_id"][0])}
    assert names == {"config", "curves.png", "parameters.npz"}
