"""Decides what an SQLite file is, before MLflow opens it, and without changing anything.

MLflow itself makes its tables in whatever database it opens.

Only SQLite opens the file: whoever else closes one takes from this process all its locks on it,
and another process then deletes the log that this one goes on writing to
(sqlite.org/howtocorrupt.html, section 2.2).
"""

import contextlib
import os
import shlex
import sqlite3
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import mlflow
from alembic.script import ScriptDirectory
from mlflow.store.db.base_sql_model import Base
from mlflow.store.tracking.dbmodels.initial_models import Base as FirstBase

from runner.process import InputError

NOT_A_DATABASE = "file is not a database"
"""What SQLite says of a file that does not begin as its own do."""

PATIENCE_SECONDS = 20.0
"""How long to wait for another process that has locked the file; as long as MLflow does."""

FIRST_TABLES = {table.name: set(table.columns.keys()) for table in FirstBase.metadata.sorted_tables}
"""The tables of MLflow's first version with their columns, which each later version has too."""

COLUMNS_OF = "SELECT name FROM pragma_table_info(?)"


class Kind(Enum):
    """What a file is, as a store."""

    ABSENT = "there is no file"
    FOREIGN = "another program's, or no database at all"
    UNREADABLE = "SQLite or the system does not open it"
    DAMAGED = "an MLflow store, but SQLite finds it damaged"
    OLDER = "an older MLflow made it"
    NEWER = "a newer MLflow made it"
    CURRENT = "the installed MLflow can use it"


@dataclass(frozen=True)
class StoreFile:
    """A file that should be an MLflow store, and what it is.

    `detail` is the reason, or the revision of the schema that an older or newer MLflow made.
    """

    path: Path
    kind: Kind
    detail: str = ""

    def refusal(self) -> InputError:
        """Why the file cannot be used as it is, and what to do."""
        here = f"tracking.uri: {self.path}"
        lines = {
            Kind.ABSENT: f"there is no MLflow store {self.path}; train something first: lrstudy",
            Kind.FOREIGN: f"{here} is {self.detail}",
            Kind.UNREADABLE: (
                f"{here} cannot be read ({self.detail}); if files with the same name and -wal, "
                "-shm or -journal are beside it, copy them all to a folder that can be written"
            ),
            Kind.DAMAGED: damaged_store(self.path, self.detail),
            Kind.OLDER: (
                f"{here} was made by an older MLflow (schema {self.detail}); lrstudy migrates it "
                f"when it trains and keeps a copy; or copy it and type: mlflow db upgrade "
                f"{shlex.quote(f'sqlite:///{self.path}')}"
            ),
            Kind.NEWER: (
                f"{here} was made by a newer MLflow than the installed {mlflow.__version__} "
                f"(schema {self.detail}); install that version (pip install --upgrade mlflow) or "
                "choose another file"
            ),
        }
        return InputError(lines[self.kind])


def damaged_store(path: Path, reason: str) -> str:
    """The line for a damaged store."""
    return (
        f"tracking.uri: {path} is damaged ({reason}); put back a copy of it, or recover what can "
        f"be read (sqlite3 {shlex.quote(str(path))} .recover | sqlite3 recovered.db, with the "
        "sqlite3 of sqlite.org) and give sqlite:///recovered.db, or read a report's tables: "
        "lrstudy-report --from report"
    )


def examine(path: Path) -> StoreFile:
    """Find out what a file is; this changes neither the file nor its folder.

    The exception is a store in which a killed process left half a transaction: SQLite undoes it.
    A whole store is read once, which takes 0.2 s for the 47 MB of 2,445 runs.
    """
    found = _look_at(path)
    if found.kind is Kind.UNREADABLE and _undo_half_transaction(path):
        found = _look_at(path)
    # A process may have begun to write to it meanwhile, which `connect_read_only` did not know.
    return _look_at(path) if found.kind is Kind.DAMAGED else found


def _look_at(path: Path) -> StoreFile:
    foreign = StoreFile(
        path,
        Kind.FOREIGN,
        "not an SQLite database; choose another file, or, if it was a store, put back a copy "
        "of it or read a report's tables: lrstudy-report --from report",
    )
    try:
        if not path.exists():
            return StoreFile(path, Kind.ABSENT)
        if not path.is_file() or not path.stat().st_size:
            return foreign
    except OSError as error:
        return StoreFile(path, Kind.UNREADABLE, error.strerror or str(error))
    try:
        with contextlib.closing(connect_read_only(path)) as database:
            return StoreFile(path, *_look_into(database))
    except sqlite3.OperationalError as error:  # cannot be opened or locked
        return StoreFile(path, Kind.UNREADABLE, str(error))
    except sqlite3.DatabaseError as error:
        if str(error) == NOT_A_DATABASE:
            return foreign
        return StoreFile(path, Kind.DAMAGED, str(error))


def _look_into(database: sqlite3.Connection) -> tuple[Kind, str]:
    """What a database is, and the detail of it."""
    names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    if not _has_first_tables(database):
        return Kind.FOREIGN, "an SQLite database, but not an MLflow store; choose another file"
    database.execute("PRAGMA ignore_check_constraints = ON")  # rows, not the file's structure
    (checked,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if checked != "ok":
        return Kind.DAMAGED, " ".join(checked.split())
    revision = "of a version before 1.0"
    if "alembic_version" in names:
        for (one,) in database.execute("SELECT version_num FROM alembic_version"):
            revision = str(one)
        if revision not in revisions():
            return Kind.NEWER, revision
    if revision != revisions()[0]:
        return Kind.OLDER, revision
    missing = sorted(Base.metadata.tables.keys() - names)
    if missing:
        return Kind.DAMAGED, f"it has no table {missing[0]}"
    return Kind.CURRENT, ""


def _has_first_tables(database: sqlite3.Connection) -> bool:
    return all(
        columns <= {name for (name,) in database.execute(COLUMNS_OF, [table])}
        for table, columns in FIRST_TABLES.items()
    )


def _undo_half_transaction(path: Path) -> bool:
    """Let SQLite undo what a killed process has left in a store; return whether it could."""
    if not Path(f"{path.resolve()}-journal").exists() or not is_writable(path):
        return False
    try:
        with contextlib.closing(_connect(path, "mode=ro&immutable=1")) as database:
            if not _has_first_tables(database):  # another program's file is left to it
                return False
        with contextlib.closing(_connect(path, "mode=rw")) as database:
            return _has_first_tables(database)
    except sqlite3.DatabaseError:
        return False


@cache
def revisions() -> list[str]:
    """The revisions of the schema that the installed MLflow knows, the newest first."""
    scripts = ScriptDirectory(str(migration_scripts()))
    return [script.revision for script in scripts.walk_revisions()]


def migration_scripts() -> Path:
    """The folder of MLflow's migrations."""
    return Path(str(resources.files("mlflow.store"))) / "db_migrations"


def is_writable(path: Path) -> bool:
    """Whether SQLite could write to this file, for which it needs the folder too."""
    place = path.resolve()
    return os.access(place, os.W_OK) and os.access(place.parent, os.W_OK)


def connect_read_only(path: Path, **settings: Any) -> sqlite3.Connection:
    """A connection that changes neither the file nor its folder.

    If nothing is beside the file, no process writes to it, and SQLite needs neither locks nor
    files of its own (`immutable`). Else it must follow what the other process does.
    """
    place = path.resolve()
    alone = not any(Path(f"{place}{suffix}").exists() for suffix in ("-wal", "-journal"))
    return _connect(place, "mode=ro&immutable=1" if alone else "mode=ro", **settings)


def _connect(path: Path, mode: str, **settings: Any) -> sqlite3.Connection:
    address = f"{path.resolve().as_uri()}?{mode}"
    settings = {"timeout": PATIENCE_SECONDS, **settings}
    connection: sqlite3.Connection = sqlite3.connect(address, uri=True, **settings)
    return connection
