"""Brings a store of an older MLflow to the schema of the installed one, and keeps a copy."""

import contextlib
import itertools
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import mlflow
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from mlflow.exceptions import MlflowException
from sqlalchemy import Connection, NullPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from runner.process import InputError, log
from runner.tracking.store_file import StoreFile, migration_scripts


def migrate(old: StoreFile) -> None:
    """Migrate an SQLite store, after saying so and keeping a copy beside it.

    Each of MLflow's steps is a transaction: after a kill, the next command goes on.

    Raises `InputError` if the copy or a step fails.
    """
    copy = next(one for one in _names_for_copy(old) if not one.exists())
    log.info(
        f"{old.path} was made by an older MLflow (schema {old.detail}) and is migrated to the "
        f"schema of MLflow {mlflow.__version__}; a copy is kept: {copy}"
    )
    try:
        _copy(old.path, copy)
        _upgrade(old.path)
    except (CommandError, MlflowException, SQLAlchemyError, sqlite3.Error) as error:
        kept = f"put back its copy {copy}" if copy.exists() else "it is as it was; try again"
        raise InputError(
            f"tracking.uri: {old.path} cannot be migrated ({str(error).splitlines()[0]}); {kept}, "
            "or choose another file"
        ) from error


def _names_for_copy(old: StoreFile) -> Iterator[Path]:
    name = f"{old.path}.before-migration-{old.detail.replace(' ', '-')}"
    yield Path(name)
    for number in itertools.count(2):
        yield Path(f"{name}-{number}")


def _copy(path: Path, copy: Path) -> None:
    """Copy a database, also while other processes use it; completely or not at all."""
    unfinished = Path(f"{copy}.part")
    unfinished.unlink(missing_ok=True)  # left by a killed process
    with (
        contextlib.closing(sqlite3.connect(path)) as source,
        contextlib.closing(sqlite3.connect(unfinished)) as target,
    ):
        source.backup(target)
    os.replace(unfinished, copy)


def _upgrade(path: Path) -> None:
    """Run MLflow's migrations, which take their connections from this engine."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)

    # Python's sqlite3 does not begin a transaction before a change of the schema by itself.
    @event.listens_for(engine, "connect")
    def begin_by_hand(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    config = Config()
    config.set_main_option("script_location", str(migration_scripts()).replace("%", "%%"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
