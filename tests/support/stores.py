"""Files that stand where a store should be: of another program, version or state."""

import contextlib
import hashlib
import random
import sqlite3
from pathlib import Path

import mlflow.store
from alembic import command
from alembic.config import Config
from mlflow.store.tracking.dbmodels.initial_models import Base
from sqlalchemy import create_engine

OLD_REVISION = "867495a8f9d4"
"""What MLflow 2.13 and 2.14 made."""

OLD_ROWS = """
INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage)
    VALUES (0, 'Default', '/nowhere', 'active'), (1, 'theirs', '/nowhere', 'active');
INSERT INTO runs (run_uuid, name, status, source_type, lifecycle_stage, experiment_id, start_time)
    VALUES ('0123456789abcdef0123456789abcdef', 'old', 'FINISHED', 'LOCAL', 'active', 1, 1);
"""

FOREIGN = {
    "without tables": "PRAGMA user_version = 7",
    "with tables of its own": "CREATE TABLE songs (title TEXT)",
    "with the names of some of MLflow's": """
        CREATE TABLE alembic_version (version_num VARCHAR(32));
        INSERT INTO alembic_version VALUES ('0001');
        CREATE TABLE experiments (id INTEGER);
        CREATE TABLE runs (id INTEGER);
        CREATE TABLE metrics (id INTEGER);
        CREATE TABLE params (id INTEGER);
        CREATE TABLE tags (id INTEGER);
    """,
    "with write-ahead logging": "PRAGMA journal_mode = WAL; CREATE TABLE songs (title TEXT)",
}
"""The SQL that makes SQLite databases of other programs."""


def run_sql(path, script):
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript(script)


def copy_store(store, path):
    """A whole copy, with what SQLite has not merged yet: processes of tests keep stores open."""
    with (
        contextlib.closing(sqlite3.connect(store)) as source,
        contextlib.closing(sqlite3.connect(path)) as target,
    ):
        source.backup(target)


def make_old_store(path):
    """A store as an older MLflow made it, with one run."""
    engine = create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    config = Config()
    config.set_main_option("script_location", f"{Path(mlflow.store.__file__).parent}/db_migrations")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, OLD_REVISION)
    engine.dispose()
    run_sql(path, OLD_ROWS)


def make_new_store(store, path):
    """A store as a newer MLflow might make it of `store`."""
    copy_store(store, path)
    run_sql(path, "UPDATE alembic_version SET version_num = 'fedcba987654'")


def truncate(store, path):
    """The first half of a store."""
    copy_store(store, path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def scramble(store, path, first=40, last=60):
    """A store in which these pages are random, of those after the schema."""
    copy_store(store, path)
    content = bytearray(path.read_bytes())
    begin, end = (first - 1) * 4096, last * 4096
    content[begin:end] = random.Random(0).randbytes(end - begin)
    path.write_bytes(content)


def scramble_start(store, path):
    """The same of the first pages, the first of which says what the file is."""
    scramble(store, path, 1, 3)


def lose_log(store, path):
    """A store whose write-ahead log was lost after the first page had been taken from it."""
    copy_store(store, path)
    content = path.read_bytes()
    path.write_bytes(content[:4096] + content[8192 : len(content) // 2])


def files_of(path):
    """The digests of a file and of all whose names begin alike.

    That of SQLite's -shm is left out: it is memory that processes share while the file is open.
    """
    return {
        one.name: "" if one.suffix == ".db-shm" else hashlib.sha256(one.read_bytes()).hexdigest()
        for one in path.parent.glob(f"{path.name}*")
    }


def content_of(path):
    """The SQL that makes a database."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())
