"""Finds, verifies and reads the files of a data set; `fetch` fetches them."""

import contextlib
import functools
import gzip
import os
import threading
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import platformdirs

from runner.data.data_set import DataSet
from runner.data.data_sets import open_own, published
from runner.data.fashion_mnist import FASHION_MNIST
from runner.data.idx import parse_idx
from runner.data.split import Split
from runner.process import InputError, user_path

MOST_BYTES = 1 << 28
"""A larger file is not read: it cannot be one of a data set's, and may not fit into memory."""

_reading = threading.Lock()
"""Held while splits are read, so that a `load` waits for one that is at it."""


def cache_folder(data_set: DataSet = FASHION_MNIST) -> Path:
    """The folder in the user's cache that holds the files."""
    return platformdirs.user_cache_path("lrstudy") / data_set.folder_name


def load(root: str | None = None, data_set: DataSet = FASHION_MNIST) -> tuple[Split, Split]:
    """The training and test splits, verified. Read once per process, never fetched.

    Looks only in `root` if it is given, else in the user's cache folder, then in Debian's. A user's
    own data set knows where it is.

    Raises `InputError` for a file that is missing, truncated or altered.
    """
    if data_set.root is not None:
        _, *splits = open_own(data_set)
        return splits[0], splits[1]
    folder = locate(root, data_set)
    if folder is None:
        places = " or ".join(map(str, _known_folders(data_set)))
        raise InputError(
            f"{data_set.title} not found in {places}; "
            "run 'python -m runner.data' (or 'make study') to fetch it, or set data.root"
        )
    with _reading:
        return _read_split(folder, "train", data_set), _read_split(folder, "test", data_set)


def read_ahead(root: str | None, data_set: DataSet) -> threading.Thread:
    """Read the splits in the background, for the `load` that follows and says what is wrong.

    Returns the thread that reads them.
    """

    def read() -> None:
        with contextlib.suppress(Exception):
            load(root, data_set)

    thread = threading.Thread(target=read, daemon=True)
    with contextlib.suppress(RuntimeError):  # no further thread is allowed
        thread.start()
    return thread


def locate(root: str | None = None, data_set: DataSet = FASHION_MNIST) -> Path | None:
    """The folder that holds all four files; None if no known folder does.

    If `root` is given, only that folder counts: `InputError` if it lacks a file. A user's own data
    set has been found and read before.
    """
    if data_set.root is not None:
        return Path(data_set.root)
    if root is not None:
        folder = user_path(root)
        if not os.path.isdir(folder):
            raise InputError(
                f"{folder} is not a folder: data.root must be one that holds the four official "
                f"{data_set.title} files; correct it or leave out data.root"
            )
        for name in data_set.digests:
            if not os.path.isfile(folder / name):
                raise InputError(
                    f"{folder / name} is missing: data.root must hold the four official "
                    f"{data_set.title} files ({', '.join(data_set.digests)}); copy it there or "
                    "leave out data.root"
                )
        return folder
    for folder in _known_folders(data_set):
        if all((folder / name).is_file() for name in data_set.digests):
            return folder
    return None


def _known_folders(data_set: DataSet) -> list[Path]:
    debian = [data_set.debian_folder] if data_set.debian_folder else []
    return [cache_folder(data_set), *debian]


def verify(path: Path, data_set: DataSet = FASHION_MNIST) -> bytes:
    """The content of one of the four .gz files; `InputError` unless its digest is right."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise InputError(
                f"{path} has {size / 1e9:.1f} GB, far more than the official file; "
                f"{_remedy(path, data_set)}"
            )
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}; {_remedy(path, data_set)}"
        ) from error
    found = data_set.digest_as_fetched(content)
    if found != data_set.digests[path.name]:
        if other := _owner_of(path.name, content):
            raise InputError(
                f"{path} is the file of {other.title}, not of {data_set.title}; "
                f"train on it with data={other.name}"
            )
        raise InputError(
            f"{path} is truncated or altered: expected {data_set.digest_name} "
            f"{data_set.digests[path.name]}, "
            f"found {found} ({len(content)} bytes); {_remedy(path, data_set)}"
        )
    return content


def recognise(root: str) -> DataSet:
    """The data set that a folder holds, by the digest of its training labels.

    Raises `InputError` where these are missing, or of no data set.
    """
    name = FASHION_MNIST.files["train"][1]
    path = Path(root).expanduser() / name
    try:
        found = _owner_of(name, path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; give another folder") from error
    if found is None:
        known = " or ".join(one.title for one in published())
        raise InputError(f"{path} is not the file of {known}; give another folder")
    return found


def _owner_of(name: str, content: bytes) -> DataSet | None:
    """The data set that has such a file, recognised by its digest."""
    for data_set in published():
        if data_set.digests.get(name) == data_set.digest_as_fetched(content):
            return data_set
    return None


@functools.lru_cache(maxsize=4)
def _read_split(folder: Path, split: str, data_set: DataSet) -> Split:
    images, labels = (_read_idx(folder / name, data_set) for name in data_set.files[split])
    pixels = np.divide(images, np.float32(255), dtype=np.float32)
    return Split(pixels, labels.astype(np.float32))


def _read_idx(path: Path, data_set: DataSet) -> npt.NDArray[np.uint8]:
    content = verify(path, data_set)
    try:
        return parse_idx(gzip.decompress(content), str(path))
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path} cannot be unpacked: {error}; {_remedy(path, data_set)}"
        ) from error


def _remedy(path: Path, data_set: DataSet) -> str:
    if path.parent == cache_folder(data_set):
        return f"delete {path.name} there and run the command again, which fetches it"
    return "replace it with the official file, or set data.root to a folder that holds it"
