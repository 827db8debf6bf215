"""A store of ours waits for the disk once a run, and a finished run is on it."""

import contextlib
import os
import sqlite3
from pathlib import Path

from runner.tracking import open_tracking

NORMAL, FULL = 1, 2
"""SQLite's numbers of `synchronous`."""


def synchronous(tracking):
    with tracking.client._tracking_client.store.engine.connect() as connection:
        return connection.exec_driver_sql("PRAGMA synchronous").scalar()


def status_on_disk(path):
    """The status of the only run, as a connection of its own sees it."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute("SELECT status FROM runs").fetchone()[0]


def test_a_finished_run_is_written_to_the_disk_once(tmp_path, monkeypatch):
    tracking = open_tracking(f"sqlite:///{tmp_path / 'mlflow.db'}", "lr-study")
    written = []

    def record(descriptor):
        name = Path(os.readlink(f"/proc/self/fd/{descriptor}")).name
        written.append((name, status_on_disk(tmp_path / "mlflow.db")))

    monkeypatch.setattr(os, "fsync", record)
    assert synchronous(tracking) == NORMAL
    with tracking.run("one", {"kind": "run"}) as run_log:
        run_log.log(metrics={0: {"test_acc": 0.1}})
        assert written == []
    assert written == [("mlflow.db-wal", "FINISHED")]


def test_a_store_without_a_write_ahead_log_waits_for_the_disk_each_time(tmp_path):
    path = tmp_path / "mlflow.db"
    open_tracking(f"sqlite:///{path}", "lr-study").client._tracking_client.store.engine.dispose()
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    tracking = open_tracking(f"sqlite:///{path}", "lr-study")
    assert synchronous(tracking) == FULL
    with tracking.run("one", {"kind": "run"}):
        pass
    assert status_on_disk(path) == "FINISHED"
