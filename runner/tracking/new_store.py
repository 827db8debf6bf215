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
    # Two names, because MLflow keeps a connection to each address, even if it refuses the file.
    copy, unfinished = Path(f"{place}.copy"), Path(f"{place}.init")
    for one in (copy, unfinished):
        _remove(one)
    kept = platformdirs.user_cache_path("lrstudy") / f"mlflow-{mlflow.__version__}.db"
    if _copied(kept, copy, artifacts):
        copy.rename(unfinished)
    else:
        _remove(copy)
        _initialise(unfinished, artifacts)
        with contextlib.suppress(OSError, sqlite3.Error):
            _keep(unfinished, copy, kept)
        _remove(copy)
    with contextlib.closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    unfinished.rename(place)


def _remove(path: Path) -> None:
    """Remove a store, or what a killed process left of it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _initialise(path: Path, artifacts: str) -> None:
    """Let MLflow make what the file lacks: the tables, and its default experiment."""
    SqlAlchemyStore(f"sqlite:///{path}", artifacts).engine.dispose()


def _copied(kept: Path, path: Path, artifacts: str) -> bool:
    """Whether the kept store could be used: it is now at `path`."""
    try:
        if not kept.is_file():
            return False
        shutil.copyfile(kept, path)
        path.chmod(path.stat().st_mode & 0o755)  # as SQLite makes its files
        with contextlib.closing(sqlite3.connect(path)) as connection:
            (checked,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            (experiments,) = connection.execute("SELECT count(*) FROM experiments").fetchone()
        if checked != "ok" or experiments:
            return False
        _initialise(path, artifacts)
    except Exception:  # it may be any file, and MLflow may refuse it
        return False
    return True


def _keep(store: Path, copy: Path, kept: Path) -> None:
    """Keep a new store, without the experiment that knows where its artifacts are.

    `copy` is a place for SQLite to work at: the cache may be on a network file system.
    """
    shutil.copyfile(store, copy)
    with contextlib.closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("DELETE FROM experiments")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".new-") as folder:
        os.replace(shutil.copyfile(copy, Path(folder) / kept.name), kept)
