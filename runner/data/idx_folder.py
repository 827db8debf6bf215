"""`idx`: a user's data in four IDX files like those of MNIST, gzipped or not."""

import gzip
import math
import zlib
from collections.abc import Sequence
from io import BufferedIOBase
from pathlib import Path

from runner.data.idx import parse_header, parse_idx
from runner.data.own import Contents, Format, require_room, sha256
from runner.process import InputError

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
"""Each may have the suffix .gz."""

NAMES = "labels.txt"
"""A file in the folder that names the classes: one in a line, class 0 first. It may be missing."""

MOST_BYTES_OF_NAMES = 100_000
LONGEST_NAME = 40
LONGEST_HEADER = 4 + 4 * 255


def _candidates(folder: Path, name: str) -> Sequence[Path]:
    return folder / name, folder / f"{name}.gz"


def _parts(folder: Path) -> Sequence[Path]:
    names = [name for pair in FILES.values() for name in pair]
    return [*(one for name in names for one in _candidates(folder, name)), folder / NAMES]


def _read(folder: Path) -> Contents:
    if not folder.is_dir():
        raise InputError(
            f"{folder} is not a folder: data.root must be {IDX.place} for data=idx; correct it"
        )
    contents = {name: _content(folder, name) for pair in FILES.values() for name in pair}
    digests = {name: sha256(content) for name, content in contents.items()}
    arrays = {name: parse_idx(content, f"{name} of {folder}") for name, content in contents.items()}
    names = folder / NAMES
    if not names.exists():
        return Contents(arrays, digests)
    return Contents(arrays, {**digests, NAMES: sha256(names.read_bytes())}, _names(names))


def _content(folder: Path, name: str) -> bytes:
    """A file unpacked: as much as its header announces, and a byte more if there is more."""
    found = [path for path in _candidates(folder, name) if path.is_file()]
    if len(found) != 1:
        raise InputError(
            f"{folder} must hold {name} or {name}.gz, found {'both' if found else 'neither'}; "
            f"{'take one away' if found else 'copy it there'}"
        )
    (path,) = found
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return _bounded(file, str(path))
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be read: {error}; replace it") from error


def _bounded(file: BufferedIOBase, name: str) -> bytes:
    head = file.read(LONGEST_HEADER)
    shape = parse_header(head, name)
    require_room(name, math.prod(shape), 1)
    expected = 4 + 4 * len(shape) + math.prod(shape)
    return head + file.read(max(0, expected + 1 - len(head)))


def _names(path: Path) -> tuple[str, ...]:
    """The names of the classes; `InputError` for what cannot name them."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES_OF_NAMES + 1)
        names = tuple(line.strip() for line in content.decode("utf-8-sig").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} must be a text in UTF-8 ({error}); correct it") from error
    for number, name in enumerate(names):
        if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable() or "$" in name:
            raise InputError(
                f"{path} must have a name in each line, 1 to {LONGEST_NAME} printable characters "
                f"other than $, found {name[: LONGEST_NAME + 1]!r} for class {number}; "
                "correct that line"
            )
        if name in names[:number]:
            raise InputError(
                f"{path} must name each class once, found {name} for classes "
                f"{names.index(name)} and {number}; correct one of them"
            )
    return names


IDX = Format(
    name="idx",
    title="your own, four IDX files in the folder data.root",
    place="a folder with four IDX files",
    files=FILES,
    parts=_parts,
    read=_read,
)
