"""A user's own data: the checks of its arrays, and the data set that they make."""

import functools
import hashlib
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from runner.data.data_set import MOST_CLASSES, MOST_WEIGHTS, DataSet, digest_of_all
from runner.data.split import Split
from runner.process import InputError, user_path

MOST_NUMBERS = 2**31 - 1
"""Numbers that MXNet counts in one array."""

Array = npt.NDArray[Any]


class Contents(NamedTuple):
    """What a user's files hold, as stored.

    `arrays` has images (n, height, width) and labels (n,) of each split, `digests` the SHA-256 of
    each file or array, both by its name. `names` are those of the classes, None where they have
    numbers only.
    """

    arrays: Mapping[str, Array]
    digests: Mapping[str, str]
    names: tuple[str, ...] | None = None


class Opened(NamedTuple):
    """A user's data set and its splits."""

    data_set: DataSet
    train: Split
    test: Split


@dataclass(frozen=True, eq=False)
class Format:
    """A format of a user's data; `data=NAME data.root=PLACE` chooses it.

    `title` is its line in the help, `place` what data.root must be. `files` names images and labels
    of each split. `parts` gives the files below a place whose change is a change of the data, and
    `read` what they hold; it raises `InputError` for a bad one, before memory is taken for it.
    """

    name: str
    title: str
    place: str
    files: Mapping[str, tuple[str, str]]
    parts: Callable[[Path], Sequence[Path]]
    read: Callable[[Path], Contents]

    def open(self, root: str | None) -> Opened:
        """The data set at a place, read once per process unless a file of it changes.

        Raises `InputError` for a place that is not there, and for files that are wrong.
        """
        if root is None:
            raise InputError(
                f"data={self.name} needs data.root: {self.place}, got null; "
                f"type data={self.name} data.root=PLACE"
            )
        path = Path(os.path.abspath(user_path(root)))
        return _open(self, path, tuple(map(_state, self.parts(path))))


def require_room(name: str, count: int, item_size: int) -> None:
    """`InputError` where this many numbers of so many bytes are more than can be trained on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    needed = count * (item_size + np.dtype(np.float32).itemsize)
    if count > MOST_NUMBERS or needed > memory:
        raise InputError(
            f"{name} is too large: expected at most {MOST_NUMBERS} numbers and "
            f"{memory / 1e9:.1f} GB, which this machine has, found {count} numbers, which need "
            f"{needed / 1e9:.1f} GB; take fewer examples or smaller images"
        )


@functools.lru_cache(maxsize=2)
def _open(form: Format, path: Path, state: object) -> Opened:
    contents = form.read(path)
    images, labels = (
        [contents.arrays[names[place]] for names in form.files.values()] for place in (0, 1)
    )
    where = {
        split: tuple(f"{name} of {path}" for name in names) for split, names in form.files.items()
    }
    for split, some_images, some_labels in zip(where, images, labels, strict=True):
        _check_images(where[split][0], some_images)
        _check_labels(where[split][1], some_labels)
        if len(some_images) != len(some_labels):
            raise InputError(
                f"{where[split][1]} must have a label for each of {len(some_images)} images, "
                f"found {len(some_labels)}; correct one of the two"
            )
    shapes = [one.shape[1:] for one in images]
    if shapes[1] != shapes[0]:
        raise InputError(
            f"{where['test'][0]} must have images of {_size(shapes[0])} pixels like the training "
            f"images, found {_size(shapes[1])}; bring them to one size"
        )
    last = max(int(one.max()) for one in labels)
    classes = len(contents.names) if contents.names else last + 1
    weights = math.prod(shapes[0]) * classes
    if not (2 <= classes <= MOST_CLASSES and weights <= MOST_WEIGHTS):
        raise InputError(
            f"{path} must have 2 to {MOST_CLASSES} classes and at most {MOST_WEIGHTS} weights "
            f"(pixels x classes), found {classes} classes and {weights} weights; "
            "merge classes or take smaller images"
        )
    for split, some_labels in zip(where, labels, strict=True):
        if some_labels.max() >= classes:
            raise InputError(
                f"{where[split][1]} must be numbers from 0 to {classes - 1}, one for each name, "
                f"found {some_labels.max()}; correct the labels or the names"
            )
    data_set = DataSet(
        name=f"{form.name}-{digest_of_all(contents.digests)[:16]}",
        title=path.name,
        files=form.files,
        digests=contents.digests,
        examples={split: len(one) for split, one in zip(form.files, labels, strict=True)},
        shape=shapes[0],
        labels=contents.names or tuple(map(str, range(classes))),
        addresses=(),
        root=str(path),
    )
    train, test = (
        Split(_pixels(where[split][0], one), number.astype(np.float32))
        for split, one, number in zip(where, images, labels, strict=True)
    )
    return Opened(data_set, train, test)


def _check_images(name: str, images: Array) -> None:
    if images.ndim != 3 or 0 in images.shape:
        raise InputError(
            f"{name} must be images (examples, height, width), at least one of at least one "
            f"pixel, found an array of {_size(images.shape) or 'no'} numbers; reshape it"
        )
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise InputError(
            f"{name} must be bytes (uint8) or floats, found {images.dtype}; convert it"
        )


def _check_labels(name: str, labels: Array) -> None:
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise InputError(
            f"{name} must be whole numbers (examples,), found {labels.dtype} of shape "
            f"({_size(labels.shape)}); convert it"
        )
    if len(labels) and labels.min() < 0:
        raise InputError(f"{name} must be numbers from 0 on, found {labels.min()}; renumber them")


def _pixels(name: str, images: Array) -> npt.NDArray[np.float32]:
    """Bytes as 0 to 1, floats as they are."""
    if images.dtype == np.uint8:
        return np.divide(images, np.float32(255), dtype=np.float32)
    with np.errstate(over="ignore"):
        pixels = np.ascontiguousarray(images, np.float32)
    if not np.isfinite(pixels).all():
        place = np.argwhere(~np.isfinite(pixels))[0]
        raise InputError(
            f"{name} must be finite numbers that float32 can hold, found "
            f"{images[tuple(place)]} at {place.tolist()}; correct or leave out that image"
        )
    return pixels


def _size(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _state(path: Path) -> tuple[int, ...] | None:
    """What changes when a file does; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def sha256(content: bytes) -> str:
    """The digest of a file's unpacked content."""
    return hashlib.sha256(content).hexdigest()
