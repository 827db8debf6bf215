"""Runs logged to an MLflow experiment, and finished ones found again."""

import contextlib
import json
import math
import subprocess
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag

from runner.data import ADDRESSES, FILES, SHA256, files_digest
from runner.environment import machine, user, versions
from runner.processes import this_process

TRACEBACK = "traceback.txt"
"""The artifact that says how a run failed."""

METRICS_AT_ONCE = 800
"""MLflow takes 1,000 figures, params and tags in one transaction."""

LARGEST_STORED = 1.797e308
"""MLflow stores an infinite metric as about this number."""


@dataclass(frozen=True)
class Tracking:
    """An MLflow experiment in a store; `client` is MLflow's own."""

    uri: str
    experiment_id: str

    @cached_property
    def client(self) -> MlflowClient:
        return MlflowClient(self.uri)

    def finished(
        self, config_hash: str | None = None, *, since: float | None = None
    ) -> dict[str, Run]:
        """The newest FINISHED run of each `config_hash`, or of the given one only.

        `since` (seconds, as `time.time` gives) leaves out what was started before.
        """
        condition = "tags.kind = 'run' and attributes.status = 'FINISHED'"
        if config_hash is not None:
            condition += f" and tags.config_hash = '{config_hash}'"
        if since is not None:
            condition += f" and attributes.start_time >= {int(since * 1000)}"
        newest: dict[str, Run] = {}
        for run in self.runs(condition):
            newest.setdefault(run.data.tags["config_hash"], run)
        return newest

    def latest(self) -> dict[str, Run]:
        """The run that counts of each `config_hash`: the newest FINISHED one, else the newest."""
        latest: dict[str, Run] = {}
        for run in self.runs("tags.kind = 'run'"):
            known = latest.setdefault(run.data.tags["config_hash"], run)
            if known.info.status != "FINISHED" and run.info.status == "FINISHED":
                latest[run.data.tags["config_hash"]] = run
        return latest

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

    def history(self, run_id: str, metric: str) -> dict[int, float]:
        """The values of a run's metric by step; infinite ones as they were logged."""
        stored = self.client.get_metric_history(run_id, metric)
        return {one.step: _restore(one.value) for one in stored}

    def histories(self, run_ids: Sequence[str], metric: str) -> dict[str, dict[int, float]]:
        """The same of many runs: in one query for 500 runs where the store is a database.

        MLflow's client asks run by run; its database store can do better, and is asked where it
        is one.
        """
        in_bulk = getattr(self.client._tracking_client.store, "get_metric_history_bulk", None)
        if in_bulk is None:
            return {run_id: self.history(run_id, metric) for run_id in run_ids}
        found: dict[str, dict[int, float]] = {run_id: {} for run_id in run_ids}
        for start in range(0, len(run_ids), 500):
            for one in in_bulk(run_ids[start : start + 500], metric, max_results=10**9):
                found[one.run_id][one.step] = _restore(one.value)
        return found

    @contextlib.contextmanager
    def run(
        self, name: str, tags: Mapping[str, str], *, resume: str | None = None
    ) -> Iterator["RunLog"]:
        """A run, open while the block runs: FINISHED after it, KILLED by an interrupt, else FAILED.

        A failed one carries its traceback. `resume` is the id of a run to open again instead of
        making a new one.
        """
        if resume is None:
            run = self.client.create_run(
                self.experiment_id, run_name=name, tags={**_origin_tags(), **tags}
            )
            run_id = run.info.run_id
        else:
            run_id = resume
            self.client.update_run(run_id, "RUNNING")
            RunLog(self.client, run_id).log(tags={**_process_tags(), **tags})
        status = "FAILED"
        try:
            yield RunLog(self.client, run_id)
            status = "FINISHED"
        except KeyboardInterrupt:
            status = "KILLED"
            raise
        except (Exception, SystemExit):
            self.client.log_text(run_id, traceback.format_exc(), TRACEBACK)
            raise
        finally:
            self.client.set_terminated(run_id, status)


@dataclass(frozen=True)
class RunLog:
    """Where one run logs to."""

    client: MlflowClient
    run_id: str

    def log(
        self,
        *,
        params: Mapping[str, object] = MappingProxyType({}),
        metrics: Mapping[int, Mapping[str, float]] = MappingProxyType({}),
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Log what the run was asked for, figures by step (completed epochs), and tags.

        All in one transaction for every `METRICS_AT_ONCE` figures. Figures may be nan or
        infinite; an earlier value of a tag is replaced.
        """
        now = int(time.time() * 1000)
        figures = [
            Metric(key, value, now, step)
            for step, values in metrics.items()
            for key, value in values.items()
        ]
        self.client.log_batch(
            self.run_id,
            figures[:METRICS_AT_ONCE],
            [Param(key, str(value)) for key, value in params.items()],
            [RunTag(*item) for item in tags.items()],
        )
        for start in range(METRICS_AT_ONCE, len(figures), METRICS_AT_ONCE):
            self.client.log_batch(self.run_id, figures[start : start + METRICS_AT_ONCE])

    def text(self, text: str, artifact: str) -> None:
        """Log a text as the artifact of that path."""
        self.client.log_text(self.run_id, text, artifact)

    def file(self, path: Path, folder: str | None = None) -> None:
        """Log a file as an artifact, in `folder` if given."""
        self.client.log_artifact(self.run_id, str(path), folder)

    def parameters(self, **arrays: npt.NDArray[Any]) -> None:
        """The last W (784, 10) and b (10,) and the first, W0 and b0, as `parameters.npz`."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "parameters.npz"
            np.savez(path, **arrays)
            self.file(path)

    def datasets(self, examples: Mapping[str, int]) -> None:
        """Say which data the run saw: each split with the SHA-256 of its files.

        `examples` gives the number of examples in use of "train" and "test".
        """
        inputs = []
        for split, files in FILES.items():
            dataset = Dataset(
                name=f"fashion-mnist-{split}",
                digest=files_digest(split),
                source_type="http",
                source=json.dumps({"url": ADDRESSES[0] + files[0]}),
            )
            tags = {"mlflow.data.context": split, "examples": str(examples[split])}
            tags |= {f"sha256 {name}": SHA256[name] for name in files}
            inputs.append(DatasetInput(dataset, [InputTag(*item) for item in tags.items()]))
        self.client.log_inputs(self.run_id, inputs)


def _restore(value: float) -> float:
    """Undo what MLflow's store does to an infinite value: the largest number of its column."""
    return math.copysign(math.inf, value) if abs(value) >= LARGEST_STORED else value


@lru_cache(maxsize=1)
def _origin_tags() -> dict[str, str]:
    """Who ran what where: user, process, and the commit of the program's or the user's repository.

    The process is what tells a run that is going on from one that was left behind.
    """
    tags = {
        "mlflow.user": user(),
        "mlflow.source.name": "lrstudy",
        "mlflow.source.type": "LOCAL",
        "machine": machine(),
        "versions": versions(),
        **_process_tags(),
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


def _process_tags() -> dict[str, str]:
    process = this_process()
    return {"host": process.host, "pid": str(process.pid), "process_start": process.start}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        result = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()
