"""Keeps a run as files in its output folder when its server does not answer.

The first line of `kept/run.jsonl` names the run and its store. Each further line is one batch of
what was logged: parameters, metrics by epoch, tags. `kept/artifacts/` holds the files, including
`parameters.npz`.
"""

import contextlib
import itertools
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Metric, Param, RunTag

KEPT = "kept"
RECORDS = "run.jsonl"
ARTIFACTS = "artifacts"


@dataclass(frozen=True)
class Header:
    """Which run is kept, and where it should have been logged."""

    uri: str
    experiment: str
    name: str
    tags: Mapping[str, str]


class KeptClient:
    """Stands in for MLflow's client in a `RunLog`: writes what is logged to files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence["Metric"] = (),
        params: Sequence["Param"] = (),
        tags: Sequence["RunTag"] = (),
    ) -> None:
        by_epoch: dict[int, dict[str, float]] = {}
        for metric in metrics:
            by_epoch.setdefault(metric.step, {})[metric.key] = metric.value
        self._append(
            {
                "params": {one.key: one.value for one in params},
                "metrics": by_epoch,
                "tags": {one.key: one.value for one in tags},
            }
        )

    def log_inputs(self, run_id: str, datasets: Sequence["DatasetInput"]) -> None:
        self._append({"datasets": [one.to_dictionary() for one in datasets]})

    def log_text(self, run_id: str, text: str, artifact_file: str) -> None:
        path = self.folder / ARTIFACTS / artifact_file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def log_artifact(self, run_id: str, local_path: str, artifact_path: str | None = None) -> None:
        folder = self.folder / ARTIFACTS / (artifact_path or "")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(local_path, folder)

    def _append(self, entry: Mapping[str, Any]) -> None:
        with (self.folder / RECORDS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


@contextlib.contextmanager
def keeping(output: Path, header: Header) -> Iterator[KeptClient]:
    """A client that keeps a run in its output folder: completely or not at all."""
    unfinished = output / f"{KEPT}.{os.getpid()}.part"
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a killed process with the same id
    unfinished.mkdir(parents=True)
    (unfinished / RECORDS).write_text(json.dumps(asdict(header)) + "\n", encoding="utf-8")
    yield KeptClient(unfinished)
    for place in _candidates(output):
        if not place.exists():
            unfinished.rename(place)
            return


def _candidates(output: Path) -> Iterator[Path]:
    """`kept`, then `kept-2` and so on, because commands may share an output folder."""
    yield output / KEPT
    for number in itertools.count(2):
        yield output / f"{KEPT}-{number}"


def find_kept(folder: Path) -> list[Path]:
    """The folders of all kept runs in and below a folder, sorted by path."""
    found = (path.parent for path in folder.rglob(f"{KEPT}*/{RECORDS}"))
    return sorted(path for path in found if path.suffix != ".part")


def read_kept(folder: Path) -> tuple[Header, list[dict[str, Any]]]:
    """A kept run's header, and its batches of logged values in order."""
    lines = (folder / RECORDS).read_text(encoding="utf-8").splitlines()
    header, *entries = (json.loads(line) for line in lines)
    return Header(**header), entries
