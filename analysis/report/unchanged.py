"""Whether a report is there already: made from the same, by the same program, and not touched.

`made_from.json` beside the report holds the digests of what it was made from and of its files.
Nothing heavy is imported here, so that an unchanged report is told at once.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

import analysis
import runner
from runner import data
from runner.process import experiment_name, sqlite_file, store_address, versions

RECORD = "made_from.json"

PACKAGES = ("pandas", "scipy", "statsmodels", "matplotlib")
"""What decides the report's numbers and looks, beside the packages that runs record."""

TABLES = ("runs.csv", "epochs.csv", "sweeps.csv")

PIECE_BYTES = 2**20

MOST_BYTES = 2**30
"""Larger files are not digested: that takes as long as it takes to read them."""

Source = Mapping[str, Any]
"""What a report is made from. It is empty where a change could not be seen."""


def source_of(
    uri: str | None, experiment: str | None, tables: Path | None, printed: Path | None
) -> Source:
    """The runs, in an SQLite store or in the `tables` of a folder, `printed` and the program.

    Whatever else is logged to the store makes it another source, too. A server's runs cannot be
    told apart without reading them all.
    """
    store = None if tables else sqlite_file(store_address(uri))
    if not tables and not store:
        return {}
    files = [tables / name for name in TABLES] if tables else []
    files += [printed] if printed else []
    if any(path.is_file() and path.stat().st_size > MOST_BYTES for path in files):
        return {}
    images = data.locate()
    return {
        "runs": digests_of(map(str, files)),
        "store": _version_of(store) if store else None,
        "experiment": None if tables else experiment_name(experiment),
        "images": None if images is None else str(images),
        "program": _digest_of_program(),
        "versions": [versions(), *(f"{name} {metadata.version(name)}" for name in PACKAGES)],
    }


def record(
    folder: Path,
    source: Source,
    options: Sequence[str],
    files: Iterable[Path],
    artifacts: Mapping[str, str | None],
) -> None:
    """Note beside a report what it was made from, and its `files`, the first to be opened.

    `artifacts` are the digests of those that were read, by path.
    """
    names = [path.relative_to(folder).as_posix() for path in files]
    note = {
        "source": source,
        "options": list(options),
        "artifacts": dict(artifacts),
        "files": digests_of(names, folder),
    }
    (folder / RECORD).write_text(json.dumps(note, indent=1), encoding="utf-8")


def unchanged(folder: Path, source: Source, options: Sequence[str]) -> Path | None:
    """The file to open of a report that was made from this source with these options.

    None if there is none in the folder, or any of its files is not as it was written.
    """
    try:
        note = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        same = (
            bool(source)
            and (note["source"], note["options"]) == (source, list(options))
            and digests_of(note["artifacts"]) == note["artifacts"]
            and digests_of(note["files"], folder) == note["files"]
        )
        return folder / next(iter(note["files"])) if same else None
    except (OSError, ValueError, LookupError, TypeError, StopIteration):
        return None  # there is no note, or it is damaged


def _version_of(store: Path) -> dict[str, list[int]]:
    """Size and time (ns) of the files of an SQLite store; of its write-ahead log if it holds any.

    They are not read: closing one would take this process's locks on the store away.
    """
    found = {str(path): path.stat() for path in (store, Path(f"{store}-wal")) if path.is_file()}
    return {name: [one.st_size, one.st_mtime_ns] for name, one in found.items() if one.st_size}


def digests_of(names: Iterable[str], folder: Path = Path()) -> dict[str, str | None]:
    """The SHA-256 of each of these files; None for one that cannot be read."""
    return {name: _digest_of(folder / name) for name in names}


def _digest_of(path: Path) -> str | None:
    digest = sha256()
    try:
        if not path.is_file():  # a pipe would never end
            return None
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                digest.update(piece)
            return digest.hexdigest()
    except OSError:
        return None


def _digest_of_program() -> str:
    """One digest of all that is installed of the two packages, templates and tables included."""
    digest = sha256()
    for package in (runner, analysis):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(root)} {_digest_of(path)}\n".encode())
    return digest.hexdigest()
