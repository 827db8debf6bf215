"""A new store is the one that MLflow makes, whether or not an empty one is kept in the cache."""

import contextlib
import sqlite3

import mlflow
import pytest
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

from runner.tracking.new_store import create_store


def contents(store):
    """The columns of a store's tables and indexes, and the rows of its tables, without times."""
    with contextlib.closing(sqlite3.connect(store)) as database:
        schema = {  # not their SQL: MLflow writes constraints in any order
            (kind, name, *database.execute(f'PRAGMA {kind}_info("{name}")'))
            for kind, name in database.execute("SELECT type, name FROM sqlite_master")
        }
        rows = {
            name: list(database.execute(f'SELECT * FROM "{name}"'))
            for kind, name, *_ in schema
            if kind == "table"
        }
    ((experiment, name, place, stage, _, _, *rest),) = rows.pop("experiments")
    return schema, rows, (experiment, name, place, stage, *rest)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The user's cache folder, empty; the file in it that keeps a store."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "lrstudy" / f"mlflow-{mlflow.__version__}.db"


def test_a_store_is_mlflow_s_own_from_the_cache_too(tmp_path, cache):
    SqlAlchemyStore(f"sqlite:///{tmp_path / 'theirs.db'}", "file:///there").engine.dispose()
    create_store(tmp_path / "first.db", "file:///there")
    assert cache.is_file()
    made = cache.stat().st_mtime_ns
    create_store(tmp_path / "second.db", "file:///there")
    create_store(tmp_path / "elsewhere.db", "file:///elsewhere")
    assert cache.stat().st_mtime_ns == made
    theirs = contents(tmp_path / "theirs.db")
    assert contents(tmp_path / "first.db") == theirs
    assert contents(tmp_path / "second.db") == theirs
    *_, experiment = contents(tmp_path / "elsewhere.db")
    assert experiment[:3] == (0, "Default", "file:///elsewhere/0")


def cut_short(path):
    create_store(path.with_name("whole.db"), "file:///there")
    path.write_bytes(path.read_bytes()[:50_000])


def of_another_schema(path):
    """As if MLflow had changed its tables within a version."""
    create_store(path.with_name("whole.db"), "file:///there")
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'acf3f17fdcc7'")


def of_somebody_else_s_experiment(path):
    SqlAlchemyStore(f"sqlite:///{path}", "file:///elsewhere").engine.dispose()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.touch(),
        lambda path: path.write_text("no database"),
        cut_short,
        of_another_schema,
        of_somebody_else_s_experiment,
        lambda path: path.mkdir(),
    ],
)
def test_a_kept_store_that_is_no_good_is_not_used(tmp_path, cache, spoil):
    cache.parent.mkdir(parents=True)
    spoil(cache)
    create_store(tmp_path / "first.db", "file:///there")
    SqlAlchemyStore(f"sqlite:///{tmp_path / 'theirs.db'}", "file:///there").engine.dispose()
    assert contents(tmp_path / "first.db") == contents(tmp_path / "theirs.db")
    assert {one.name for one in tmp_path.glob("first.db*")} == {"first.db"}
    if cache.is_file():  # made again
        create_store(tmp_path / "second.db", "file:///there")
        assert contents(tmp_path / "second.db") == contents(tmp_path / "first.db")
        with contextlib.closing(sqlite3.connect(cache)) as database:
            assert database.execute("SELECT count(*) FROM experiments").fetchone() == (0,)


def test_a_store_is_made_without_a_cache_too(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    create_store(tmp_path / "first.db", "file:///there")
    assert contents(tmp_path / "first.db")[2][:2] == (0, "Default")
