"""The MLflow store: made safely, runs logged into it, finished runs found again."""

import contextlib
import getpass
import hashlib
import json
import platform
import sqlite3
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import numpy.typing as npt
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

from runner.data import ADDRESSES, FILES, SHA256
from runner.errors import InputError

SERVER_PATIENCE = 5.0
"""Seconds within which a tracking server must answer the probe."""

SQLITE_HEADER = b"SQLite format 3\0"


@dataclass(frozen=True)
class Tracking:
    """An MLflow experiment in a store; `client` is MLflow's own."""

    uri: str
    experiment_id: str

    @cached_property
    def client(self) -> MlflowClient:
        return MlflowClient(self.uri)

    def finished(self, config_hash: str | None = None) -> dict[str, Run]:
        """The newest FINISHED run of each `config_hash`, or of the given one only."""
        condition = "tags.kind = 'run' and attributes.status = 'FINISHED'"
        if config_hash is not None:
            condition += f" and tags.config_hash = '{config_hash}'"
        newest: dict[str, Run] = {}
        for run in self.runs(condition):
            newest.setdefault(run.data.tags["config_hash"], run)
        return newest

    def runs(self, condition: str) -> Iterator[Run]:
        """All runs that meet the condition (MLflow's search syntax), newest first."""
        token: str | None = None
        while True:
            page = self.client.search_runs(
                [self.experiment_id],
                condition,
                max_results=1000,
                order_by=["attributes.start_time DESC"],
                page_token=token,
            )
            yield from page
            token = page.token
            if not token:
                return

    @contextlib.contextmanager
    def run(
        self, name: str, tags: Mapping[str, str], *, resume: str | None = None
    ) -> Iterator["RunLog"]:
        """A run, open while the block runs: FINISHED after it, KILLED by an interrupt, else FAILED.

        `resume` is the id of a run to open again instead of making a new one.
        """
        if resume is None:
            run = self.client.create_run(
                self.experiment_id, run_name=name, tags={**_origin_tags(), **tags}
            )
            run_id = run.info.run_id
        else:
            run_id = resume
            self.client.update_run(run_id, "RUNNING")
        status = "FAILED"
        try:
            yield RunLog(self.client, run_id)
            status = "FINISHED"
        except KeyboardInterrupt:
            status = "KILLED"
            raise
        finally:
            self.client.set_terminated(run_id, status)


@dataclass(frozen=True)
class RunLog:
    """Where one run logs to."""

    client: MlflowClient
    run_id: str

    def params(self, values: Mapping[str, object]) -> None:
        self.client.log_batch(
            self.run_id, params=[Param(key, str(value)) for key, value in values.items()]
        )

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        now = int(time.time() * 1000)
        self.client.log_batch(
            self.run_id, metrics=[Metric(key, value, now, step) for key, value in values.items()]
        )

    def tags(self, values: Mapping[str, str]) -> None:
        self.client.log_batch(self.run_id, tags=[RunTag(*item) for item in values.items()])

    def text(self, text: str, artifact: str) -> None:
        self.client.log_text(self.run_id, text, artifact)

    def file(self, path: Path, folder: str | None = None) -> None:
        self.client.log_artifact(self.run_id, str(path), folder)

    def parameters(self, W: npt.NDArray[Any], b: npt.NDArray[Any]) -> None:
        """W (784, 10) and b (10,) as `parameters.npz`."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "parameters.npz"
            np.savez(path, W=W, b=b)
            self.file(path)

    def datasets(self, examples: Mapping[str, int]) -> None:
        """Say which data the run saw: each split with the SHA-256 of its files.

        `examples` gives the number of examples in use of "train" and "test".
        """
        inputs = []
        for split, files in FILES.items():
            digest = hashlib.sha256("".join(SHA256[name] for name in files).encode()).hexdigest()
            dataset = Dataset(
                name=f"fashion-mnist-{split}",
                digest=digest[:36],  # the longest that MLflow takes
                source_type="http",
                source=json.dumps({"url": ADDRESSES[0] + files[0]}),
            )
            tags = {"mlflow.data.context": split, "examples": str(examples[split])}
            tags |= {f"sha256 {name}": SHA256[name] for name in files}
            inputs.append(DatasetInput(dataset, [InputTag(*item) for item in tags.items()]))
        self.client.log_inputs(self.run_id, inputs)


def open_tracking(uri: str, experiment: str, *, create: bool = True) -> Tracking:
    """Open an experiment of an MLflow store, made if it is not there and `create` is true.

    `sqlite:///FILE` is relative to the current folder. A new SQLite store is initialised under
    another name, switched to write-ahead logging and renamed into place, all under a file
    lock, so that neither a race nor a kill can leave half a database.

    Raises `InputError` for an address that is not a store, a folder that cannot be written, a
    server that does not answer, and an unknown or deleted experiment.
    """
    scheme, _, rest = uri.partition("://")
    if scheme == "sqlite" and rest.strip("/"):
        return _open_sqlite(Path.cwd() / rest.removeprefix("/"), experiment, create)
    if scheme in ("http", "https"):
        _probe(uri)
    elif not scheme.startswith(("postgresql", "mysql", "mssql")) or not rest:
        raise InputError(
            f"tracking.uri must be sqlite:///FILE, http://SERVER or another database that MLflow "
            f"knows, got {uri}"
        )
    return Tracking(uri, _experiment_id(MlflowClient(uri), experiment, None, create))


def _open_sqlite(path: Path, experiment: str, create: bool) -> Tracking:
    uri = f"sqlite:///{path}"
    artifacts = (path.parent / "mlartifacts").as_uri()
    if not create:
        if not path.exists():
            raise InputError(f"there is no MLflow store {path}; train something first: lrstudy")
        return Tracking(uri, _experiment_id(MlflowClient(uri), experiment, artifacts, create))
    try:
        with filelock.FileLock(f"{path}.lock"):
            if not path.exists():
                _create_sqlite(path, artifacts)
            elif not _is_sqlite(path):
                raise InputError(f"tracking.uri: {path} is not an SQLite database; choose another")
            experiment_id = _experiment_id(MlflowClient(uri), experiment, artifacts, create)
    except OSError as error:
        raise InputError(
            f"tracking.uri: {path.parent} must be a folder that can be written, "
            f"{error.strerror or error}; choose another with tracking.uri=sqlite:////FOLDER/mlflow.db"
        ) from error
    return Tracking(uri, experiment_id)


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(SQLITE_HEADER)) == SQLITE_HEADER


def _create_sqlite(path: Path, artifacts: str) -> None:
    unfinished = Path(f"{path}.init")
    for leftover in unfinished.parent.glob(f"{unfinished.name}*"):
        leftover.unlink()
    store = SqlAlchemyStore(f"sqlite:///{unfinished}", artifacts)
    store.engine.dispose()
    with contextlib.closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    unfinished.rename(path)


def _experiment_id(
    client: MlflowClient, name: str, artifact_location: str | None, create: bool
) -> str:
    found = client.get_experiment_by_name(name)
    if found is None and create:
        try:
            return str(client.create_experiment(name, artifact_location))
        except MlflowException:  # another process made it in the meantime
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found is None:
        others = ", ".join(sorted(one.name for one in client.search_experiments()))
        raise InputError(f"there is no experiment {name}; the store has: {others}")
    if found.lifecycle_stage == "deleted":
        raise InputError(
            f"experiment {name} was deleted; restore it (mlflow experiments restore "
            f"--experiment-id {found.experiment_id}) or choose another tracking.experiment"
        )
    return str(found.experiment_id)


def _probe(uri: str) -> None:
    """Ask the server once: MLflow's own retries are silent for over a minute."""
    try:
        with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=SERVER_PATIENCE):
            pass
    except urllib.error.HTTPError:
        pass  # something answers there; MLflow will say what is wrong with it
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise InputError(
            f"tracking.uri: no MLflow server answers at {uri} ({reason}); "
            "start it, or leave out tracking.uri to log into this folder"
        ) from error


@lru_cache(maxsize=1)
def _origin_tags() -> dict[str, str]:
    """Who ran what where: user, host, and the commit of the program's or the user's repository."""
    tags = {
        "mlflow.user": getpass.getuser(),
        "mlflow.source.name": "lrstudy",
        "mlflow.source.type": "LOCAL",
        "host": platform.node(),
    }
    for folder in (Path(__file__).parent, Path.cwd()):
        commit = _git(folder, "rev-parse", "HEAD")
        if commit:
            changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
            return tags | {
                "mlflow.source.git.commit": commit,
                "dirty": "true" if changes else "false",
            }
    return tags


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        result = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()
