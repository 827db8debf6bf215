"""Makes a new MLflow store in an SQLite file, whole or not at all.

MLflow makes the tables of its first version and migrates them, which takes most of a second. So an
empty store is kept in the user's cache. Nothing depends on it: one that cannot be kept or used is
made again.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import mlflow
import platformdirs
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore


def create_store(path: Path, artifacts: str) -> None:
    """Make a store whose experiments keep their files in `artifacts`, in write-ahead mode.

    It is made under another name, so that a kill leaves no half a store.
    """
    place = path.resolve()  # a link stays one
    unfinished = Path(f"{place}.init")
    kept = platformdirs.user_cache_path("lrstudy") / f"mlflow-{mlflow.__version__}.db"
    if not _copied(kept, unfinished, artifacts):
        _remove(unfinished)
        _initialise(unfinished, artifacts)
        with contextlib.suppress(OSError, sqlite3.Error):
            _keep(unfinished, kept)
    with contextlib.closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    unfinished.rename(place)


def _remove(path: Path) -> None:
    """Remove what a killed process left."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _initialise(path: Path, artifacts: str) -> None:
    """Let MLflow make what the file lacks: the tables, and its default experiment."""
    SqlAlchemyStore(f"sqlite:///{path}", artifacts).engine.dispose()


def _copied(kept: Path, path: Path, artifacts: str) -> bool:
    """Whether the kept store could be used."""
    if not kept.is_file():
        return False
    _remove(path)
    try:
        shutil.copyfile(kept, path)
        with contextlib.closing(sqlite3.connect(path)) as connection:
            (checked,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if checked != "ok":
            return False
        _initialise(path, artifacts)
    except Exception:  # it may be any file; what it is not good for shows when a new one is made
        return False
    return True


def _keep(store: Path, kept: Path) -> None:
    """Keep a new store, without the experiment that knows where its artifacts are."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".new-") as folder:
        copy = Path(folder) / kept.name
        shutil.copyfile(store, copy)
        with contextlib.closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute("DELETE FROM experiments")
        os.replace(copy, kept)
