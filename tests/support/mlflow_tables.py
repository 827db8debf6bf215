"""The tables of MLflow's SQLite stores, made once in a process of tests instead of for each store.

MLflow carries out all the migrations since its first version for each empty database, and reads
all of them again to compare a database with the newest: seconds, and always the same tables.
"""

import contextlib
import functools
import sqlite3

import pytest
from mlflow.store.db import utils


@contextlib.contextmanager
def tables_made_once(made):
    """In the block MLflow makes the tables of one store; those of all others are a copy.

    `made` is where the copy is kept. A command in a process of its own goes without.
    """
    initialise = utils._initialize_tables

    def copied(engine):
        with engine.connect() as connection:
            store = connection.connection.driver_connection
            if not isinstance(store, sqlite3.Connection):
                initialise(engine)
                return
            with contextlib.closing(sqlite3.connect(made)) as copy:
                if copy.execute("SELECT * FROM sqlite_master").fetchone():
                    copy.backup(store)
                else:
                    initialise(engine)
                    store.backup(copy)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "_initialize_tables", copied)
        newest = functools.cache(utils._get_latest_schema_revision)
        patch.setattr(utils, "_get_latest_schema_revision", newest)
        yield
