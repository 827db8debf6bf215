"""The MLflow store is made safely and holds what was logged."""

import contextlib
import multiprocessing
import os
import sqlite3
import subprocess
import sys

import pytest
from mlflow import MlflowClient
from support.commands import TINY, typed

from analysis.report.unchanged import source_of
from runner.process.errors import InputError
from runner.tracking.store import open_tracking

STORE = "sqlite:///mlflow.db"
ONE_FILE = {"mlflow.db", "mlflow.db.lock"}


def files_of_the_store(folder):
    return {path.name for path in folder.glob("mlflow.db*")}


def open_and_log(folder, barrier, number):
    os.chdir(folder)
    barrier.wait()
    tracking = open_tracking(STORE, "raced")
    for count in range(3):
        with tracking.run(f"{number}-{count}", {"kind": "run"}) as run_log:
            run_log.log(metrics={count: {"value": number}})


@pytest.mark.slow
def test_many_processes_at_once_on_an_empty_folder_lose_no_run(folder):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["runner.tracking"])  # MLflow is imported once for all of them
    barrier = context.Barrier(4)
    processes = [
        context.Process(target=open_and_log, args=(folder, barrier, number)) for number in range(4)
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


NAMES = """
import sqlite3
print(*(name for (name,) in sqlite3.connect("mlflow.db").execute("SELECT name FROM runs")))
"""


def test_looking_at_a_store_that_this_process_uses_takes_no_lock_from_it(folder):
    """Without its locks, another process deletes the write-ahead log that it goes on writing to.

    Whoever closes a file gives up all locks of the process on it (sqlite.org/howtocorrupt.html).
    """

    def names_seen_by_another_process():
        return subprocess.check_output([sys.executable, "-c", NAMES], text=True).split()

    tracking = open_tracking(STORE, "lr-study")
    with tracking.run("first", {"kind": "run"}):
        pass
    open_tracking(STORE, "lr-study")
    open_tracking(STORE, "lr-study", create=False)
    source_of(STORE, "lr-study", None, None)
    assert names_seen_by_another_process() == ["first"]
    with tracking.run("second", {"kind": "run"}):
        pass
    assert names_seen_by_another_process() == ["first", "second"]


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "seed=1,2", "hydra/launcher=stacked"),
        ("-m", "seed=1,2", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"),
    ],
)
@pytest.mark.slow
def test_the_store_of_a_sweep_that_has_ended_is_one_file(folder, words):
    """SQLite's write-ahead log is in it, so that it can be copied and sent."""
    assert typed(*words, *TINY)[0] == 0
    assert files_of_the_store(folder) == ONE_FILE


@pytest.mark.slow
def test_the_store_of_a_run_and_of_its_report_that_have_ended_is_one_file(folder):
    assert typed("seed=1", *TINY)[0] == 0
    assert files_of_the_store(folder) == ONE_FILE
    report = subprocess.run([sys.executable, "-m", "analysis"], capture_output=True)
    assert report.returncode == 0
    assert files_of_the_store(folder) == ONE_FILE


def test_a_store_whose_making_was_killed_is_made_anew(folder):
    (folder / "mlflow.db.init").write_bytes(b"half a database")
    (folder / "mlflow.db.init-wal").write_bytes(b"and its log")
    (folder / "mlflow.db.initial-notes").write_text("somebody's")
    tracking = open_tracking(STORE, "lr-study")
    with tracking.run("one", {"kind": "run"}):
        pass
    assert len(list(tracking.runs("tags.kind = 'run'"))) == 1
    assert [path.name for path in folder.glob("*.init*")] == ["mlflow.db.initial-notes"]


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
        run_log.texts({"file.txt": "text"})
    assert {path.name for path in folder.iterdir()} == {name}
    assert (place / "mlflow.db").stat().st_size > 100_000
    assert [path.name for path in place.glob("mlartifacts/*/artifacts/*")] == ["file.txt"]


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
        with pytest.raises(InputError, match="is not an MLflow server"):
            open_tracking(f"http://127.0.0.1:{server.server_port}", "lr-study")
        server.shutdown()
