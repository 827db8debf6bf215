"""Opens the MLflow store, and creates it safely if it does not exist yet."""

import atexit
import sqlite3
import tempfile
import weakref
from pathlib import Path
from typing import Any

import filelock
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.exc import SQLAlchemyError

from runner.process import InputError, raising_disk_full, revealed, sqlite_file
from runner.tracking.experiment import Tracking
from runner.tracking.migration import migrate
from runner.tracking.mounts import network_file_system
from runner.tracking.new_store import create_store
from runner.tracking.retry import PatientClient
from runner.tracking.server import check_database, check_server, hanging
from runner.tracking.store_file import Kind, connect_read_only, examine, is_writable
from runner.tracking.views import describe
from runner.tracking.write_ahead import wait_less

SQLITE_SPARE_BYTES = 65_536
"""Bytes that SQLite writes next to an open database; with less room it says "disk I/O error"."""

_engines: weakref.WeakSet[Engine] = weakref.WeakSet()

_read_only: set[str] = set()
"""Paths of the SQLite stores that are read and cannot be written."""

_written: set[str] = set()
"""Paths of the SQLite stores that runs are logged to."""


@event.listens_for(Engine, "engine_connect")
def _remember_engine(connection: Connection) -> None:
    _engines.add(connection.engine)


@event.listens_for(Engine, "do_connect")
def _connect(
    dialect: Dialect, record: object, arguments: list[Any], settings: dict[str, Any]
) -> sqlite3.Connection | None:
    """Connect to a store that this program opened; for any other database, SQLAlchemy does it."""
    if dialect.name != "sqlite" or not arguments:
        return None
    if arguments[0] in _read_only:
        return connect_read_only(Path(arguments[0]), **settings)
    if arguments[0] not in _written:
        return None
    connection: sqlite3.Connection = dialect.connect(*arguments, **settings)  # type: ignore[assignment]  # SQLite's own
    wait_less(connection)
    return connection


@atexit.register
def _close_databases() -> None:
    """Close what MLflow opened, so that SQLite merges its write-ahead log into the store's file."""
    for engine in list(_engines):
        engine.dispose()


class MissingStoreError(InputError):
    """The store or experiment does not exist, and was not to be created."""


@raising_disk_full()
def open_tracking(
    uri: str,
    experiment: str,
    *,
    create: bool = True,
    probe: bool = True,
    migrate_older: bool = False,
) -> Tracking:
    """Open an experiment of an MLflow store; create what is missing if `create` is true.

    A server, of MLflow or of a database, must answer at once, and a file must be a whole store. If
    `probe` is false, the call waits for a server instead, and trusts a file.

    If `create` is false, a file may be one that cannot be written, and stays as it is. If
    `migrate_older` is true, an SQLite store of an older MLflow is migrated and a copy kept.

    `sqlite:///FILE` is relative to the current folder. A new SQLite store is initialised under
    another name, switched to write-ahead logging and renamed into place, all under a file lock.
    So neither a race nor a kill can leave half a database.

    Raises `InputError` for an address that is not a store, a file of another program or another
    version of MLflow, a damaged store, a folder that cannot be written, a server that does not
    answer, a deleted experiment, and an SQLite file on a network file system; `MissingStoreError`
    for an unknown experiment; `DiskFullError`.
    """
    uri = revealed(uri)
    path = sqlite_file(uri)
    if path is not None:
        _check_file_system(path)
        if create:
            return _open_to_write(path, experiment, probe, migrate_older)
        return _open_to_read(path, experiment)
    scheme, _, rest = uri.partition("://")
    if scheme in ("http", "https"):
        if probe:
            check_server(uri)
    elif not scheme.startswith(("postgresql", "mysql", "mssql")) or not rest:
        raise InputError(
            f"tracking.uri must be sqlite:///FILE, http://SERVER or another database that MLflow "
            f"supports, got {uri}"
        )
    try:
        if probe and not scheme.startswith("http"):
            check_database(uri)
        return Tracking(uri, _experiment_id(PatientClient(uri), experiment, None, create))
    except requests.Timeout as error:
        raise InputError(hanging(uri)) from error
    except (MlflowException, SQLAlchemyError, ModuleNotFoundError) as error:
        raise InputError(
            f"tracking.uri: {uri} cannot be used as an MLflow store "
            f"({str(error).splitlines()[0][:200]}); correct it, or leave out tracking.uri"
        ) from error


def _check_file_system(path: Path) -> None:
    """Raise `InputError` for a place where SQLite cannot keep a store."""
    network = network_file_system(path.resolve().parent)
    if network:
        raise InputError(
            f"tracking.uri: {path} is on a network file system ({network}), where neither SQLite's "
            "locks nor its write-ahead log work across machines; log to a server (mlflow server, "
            "then tracking.uri=http://HOST:5000) or to a folder of this machine "
            "(tracking.uri=sqlite:////FOLDER/mlflow.db)"
        )


def _open_to_read(path: Path, experiment: str) -> Tracking:
    found = examine(path)
    if found.kind is Kind.ABSENT:
        raise MissingStoreError(str(found.refusal()))
    if found.kind is not Kind.CURRENT:
        raise found.refusal()
    _set_read_only(path, not is_writable(path))
    uri = f"sqlite:///{path}"
    return Tracking(uri, _experiment_id(PatientClient(uri), experiment, None, create=False))


def _set_read_only(path: Path, read_only: bool) -> None:
    """Say how to connect to a store from now on."""
    name = str(path)
    if read_only or name in _read_only:  # what is open may not see later changes, and cannot write
        for engine in list(_engines):
            if engine.url.database == name:
                engine.dispose()
    (_read_only.add if read_only else _read_only.discard)(name)


def _open_to_write(path: Path, experiment: str, probe: bool, migrate_older: bool) -> Tracking:
    uri = f"sqlite:///{path}"
    artifacts = (path.parent / "mlartifacts").as_uri()
    folder = path.resolve().parent  # where SQLite writes; the path may be a link
    found = examine(path) if probe else None
    usable = [Kind.ABSENT, Kind.CURRENT, *([Kind.OLDER] if migrate_older else [])]
    if found and found.kind not in usable:
        raise found.refusal()
    _set_read_only(path, False)
    _written.add(str(path))
    try:
        # If this fails, the lock would never be acquired, or SQLite would give an unclear error.
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(SQLITE_SPARE_BYTES))
        with filelock.FileLock(f"{path}.lock"):
            if not path.exists():
                create_store(path, artifacts)
            elif found and found.kind is Kind.OLDER:
                now = examine(path)  # another process may have migrated it meanwhile
                if now.kind is Kind.OLDER:
                    migrate(now)
            experiment_id = _experiment_id(PatientClient(uri), experiment, artifacts, create=True)
    except OSError as error:
        raise InputError(
            f"tracking.uri: {folder} must be a folder that can be written "
            f"({error.strerror or error}); choose another with "
            "tracking.uri=sqlite:////FOLDER/mlflow.db"
        ) from error
    return Tracking(uri, experiment_id)


def _experiment_id(
    client: MlflowClient, name: str, artifact_location: str | None, create: bool
) -> str:
    found = client.get_experiment_by_name(name)
    if found is None and create:
        try:
            experiment_id = str(client.create_experiment(name, artifact_location))
        except MlflowException:  # another process has just created it
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
        else:
            describe(client, experiment_id, {})
            return experiment_id
    if found is None:
        others = ", ".join(sorted(one.name for one in client.search_experiments()))
        raise MissingStoreError(f"there is no experiment {name}; the store has: {others}")
    if found.lifecycle_stage == "deleted":
        raise InputError(
            f"experiment {name} was deleted; restore it (mlflow experiments restore "
            f"--experiment-id {found.experiment_id}) or choose another tracking.experiment"
        )
    if create:
        describe(client, found.experiment_id, found.tags)  # another program may have created it
    return str(found.experiment_id)
