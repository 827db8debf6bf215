"""Keeps a run as files in its output folder when its server does not answer.

The first line of `kept/run.jsonl` names the run and its store. Each further line is one batch of
what was logged: parameters, metrics by epoch, tags. `kept/artifacts/` holds the files, including
`parameters.npz`.
"""

import contextlib
import itertools
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Metric, Param, RunTag

KEPT = "kept"
KEPT_NAME = re.compile(rf"{KEPT}(-[0-9]+)?")
RECORDS = "run.jsonl"
ARTIFACTS = "artifacts"

LARGEST_RECORDS = 256 * 2**20
"""Bytes; an epoch takes about 250."""

CONFIG_HASH = re.compile("[0-9a-f]{16}")


class KeptError(Exception):
    """A folder does not hold a kept run as lrstudy writes it. The message says why."""


@dataclass(frozen=True)
class Header:
    """Which run is kept, and where it should have been logged: `uri` is masked."""

    uri: str
    experiment: str
    name: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class KeptDataset:
    """A data set that a kept run used: the values of MLflow's `Dataset`, and its tags."""

    values: Mapping[str, str]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Batch:
    """What a kept run logged at a time; metrics by epoch."""

    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    datasets: Sequence[KeptDataset] = ()


@dataclass(frozen=True)
class KeptRun:
    """A kept run: its batches in order, and its files."""

    header: Header
    batches: Sequence[Batch]
    artifacts: Sequence[Path]


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

    def log_artifacts(self, run_id: str, local_dir: str) -> None:
        shutil.copytree(local_dir, self.folder / ARTIFACTS, dirs_exist_ok=True)

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


def find_kept(folder: Path) -> tuple[list[Path], list[str]]:
    """The folders of all kept runs in and below a folder, sorted, and what cannot be searched.

    Symbolic links below the folder are not followed.
    """
    found = [folder] if KEPT_NAME.fullmatch(folder.absolute().name) else []
    problems: list[str] = []
    left = [folder]
    while left:  # not os.walk, which fails in a tree that is too deep
        place = left.pop()
        try:
            for entry in os.scandir(place):
                if KEPT_NAME.fullmatch(entry.name) and (entry.is_symlink() or entry.is_dir()):
                    found.append(Path(entry))
                elif entry.is_dir(follow_symlinks=False):
                    left.append(Path(entry))
        except OSError as error:
            problems.append(f"{str(place)[:200]} cannot be searched: {error.strerror}")
    return sorted(found), sorted(problems)


def read_kept(folder: Path) -> KeptRun:
    """A kept run, read without following symbolic links.

    Raises `KeptError` for a folder that does not hold a kept run as lrstudy writes it: nothing of
    it can be trusted.
    """
    try:
        if folder.is_symlink():
            raise KeptError("it is a symbolic link")
        lines = _read(folder / RECORDS).decode("utf-8").split("\n")
        header, *entries = [_parse(line) for line in lines if line] or [{}]
        return KeptRun(
            _header(header),
            [_entry(one) for one in entries],
            list(_artifacts(folder / ARTIFACTS)),
        )
    except OSError as error:
        name = Path(error.filename).name if error.filename else RECORDS
        raise KeptError(f"{name[:100]}: {error.strerror or error}") from error
    except (KeyError, OverflowError, RecursionError, TypeError, ValueError) as error:
        raise KeptError(f"{RECORDS}: {_words(error)}") from error


def _words(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error} is missing"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    return str(error)[:200] or type(error).__name__


def _read(path: Path) -> bytes:
    """A regular file, whole."""
    if path.is_symlink():
        raise KeptError(f"{path.name} is a symbolic link")
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(file, "rb") as stream:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise KeptError(f"{path.name} is not a file")
        if status.st_size > LARGEST_RECORDS:
            raise KeptError(f"{path.name} is larger than {LARGEST_RECORDS >> 20} MB")
        return stream.read()


def _parse(line: str) -> dict[str, Any]:
    entry = _dictionary(json.loads(line))
    json.dumps(entry, ensure_ascii=False).encode("utf-8")  # half a surrogate pair is no text
    return entry


def _header(entry: dict[str, Any]) -> Header:
    header = Header(
        _text(entry["uri"]), _text(entry["experiment"]), _text(entry["name"]), _texts(entry["tags"])
    )
    if header.tags["kind"] != "run" or not CONFIG_HASH.fullmatch(header.tags["config_hash"]):
        raise ValueError("its tags are not those of a run")
    return header


def _entry(entry: dict[str, Any]) -> Batch:
    if "datasets" in entry:
        return Batch(datasets=[_dataset(one) for one in _items(entry["datasets"])])
    return Batch(
        params=_texts(entry["params"]),
        metrics={
            _step(step): {name: _number(value) for name, value in _dictionary(values).items()}
            for step, values in _dictionary(entry["metrics"]).items()
        },
        tags=_texts(entry["tags"]),
    )


def _dataset(entry: Any) -> KeptDataset:
    values = _texts({name: one for name, one in _dictionary(entry["dataset"]).items() if one})
    names = {"name", "digest", "source_type", "source"}
    return KeptDataset({name: values[name] for name in names}, _texts(entry["tags"]))


def _artifacts(folder: Path) -> Iterator[Path]:
    """The files of a kept run; `KeptError` for anything else in its folder."""

    def raise_it(error: OSError) -> None:
        raise error

    if folder.is_symlink():
        raise KeptError(f"{folder.name} is a symbolic link")
    if not folder.exists():
        return
    for place, folders, files in os.walk(folder, onerror=raise_it):
        for name in [*folders, *files]:
            path = Path(place) / name
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                raise KeptError(f"{path.name} is a symbolic link")
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise KeptError(f"{path.name} is not a file")
        folders.sort()
        yield from (Path(place) / name for name in sorted(files))


def _dictionary(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.100} should be an object")
    return value


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.100} should be a list")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.100} should be a text")
    return value


def _texts(value: Any) -> dict[str, str]:
    return {_text(name): _text(one) for name, one in _dictionary(value).items()}


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{value!r:.100} should be a number")
    return float(value)


def _step(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise ValueError(f"{text!r:.100} should be an epoch")
    return int(text)
