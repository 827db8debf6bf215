"""A run kept as files in its output folder, because its server did not answer.

`kept/run.jsonl` begins with a line that names the run and its store; each further line is what
was logged at once: parameters, metrics by epoch, tags. `kept/artifacts/` holds the files, among
them `parameters.npz`.
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
    """Which run is kept, and where it was to be logged."""

    uri: str
    experiment: str
    name: str
    tags: Mapping[str, str]


class KeptClient:
    """Takes the place of MLflow's client in a `RunLog`: what is logged becomes lines and files."""

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
    """What to log to, to keep a run in its output folder; it is there whole or not at all."""
    unfinished = output / f"{KEPT}.{os.getpid()}.part"
    shutil.rmtree(unfinished, ignore_errors=True)  # of a killed process that had the same id
    unfinished.mkdir(parents=True)
    (unfinished / RECORDS).write_text(json.dumps(asdict(header)) + "\n", encoding="utf-8")
    yield KeptClient(unfinished)
    for place in _free_names(output):
        if not place.exists():
            unfinished.rename(place)
            return


def _free_names(output: Path) -> Iterator[Path]:
    """`kept`; then `kept-2` and so on, for commands that were given the same output folder."""
    yield output / KEPT
    for number in itertools.count(2):
        yield output / f"{KEPT}-{number}"


def find_kept(folder: Path) -> list[Path]:
    """The folders of the kept runs in and below a folder, in the order of their paths."""
    found = (path.parent for path in folder.rglob(f"{KEPT}*/{RECORDS}"))
    return sorted(path for path in found if path.suffix != ".part")


def read_kept(folder: Path) -> tuple[Header, list[dict[str, Any]]]:
    """A kept run's header, and what was logged at once, in order."""
    lines = (folder / RECORDS).read_text(encoding="utf-8").splitlines()
    header, *entries = (json.loads(line) for line in lines)
    return Header(**header), entries
