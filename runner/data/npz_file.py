"""`npz`: a user's data as four arrays in one file of NumPy. No pickle is ever loaded."""

import math
import zipfile
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from runner.data.own import Array, Contents, Format, require_room, sha256
from runner.process import InputError, one_line

FILES = {"train": ("train_images", "train_labels"), "test": ("test_images", "test_labels")}

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def _read(path: Path) -> Contents:
    if not path.is_file():
        raise InputError(
            f"{path} is not a file: data.root must be {NPZ.place} for data=npz; correct it"
        )
    arrays, digests = {}, {}
    try:
        with zipfile.ZipFile(path) as archive:
            held = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            for name in (name for pair in FILES.values() for name in pair):
                if name not in held:
                    found = one_line(", ".join(sorted(held))) or "nothing"
                    raise InputError(
                        f"{path} must hold the array {name}, found {found}; add it with numpy.savez"
                    )
                with archive.open(held[name]) as file:
                    size, place = held[name].file_size, f"{name} of {path}"
                    arrays[name], digests[name] = _array(file, size, place)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # zipfile and NumPy raise a dozen kinds for a damaged file
        reason = one_line(str(error)) or type(error).__name__
        raise InputError(
            f"{path} must be a file of numpy.savez, but cannot be read ({reason}); write it again"
        ) from error
    return Contents(arrays, digests)


def _array(file: IO[bytes], size: int, name: str) -> tuple[Array, str]:
    """The array of a .npy file of this size, and the SHA-256 of the file."""
    version = npy.read_magic(file)
    if version not in HEADERS:
        raise ValueError(f"{name} is of version {version}")
    shape, by_columns, dtype = HEADERS[version](file)
    if dtype.kind not in "uif":
        raise InputError(
            f"{name} must be numbers, found {one_line(str(dtype))}; convert it"
            + (" (objects are pickled, and no pickle is loaded)" if dtype.hasobject else "")
        )
    announced, start = math.prod(shape) * dtype.itemsize, file.tell()
    require_room(name, math.prod(shape), dtype.itemsize)
    if size - start != announced:
        raise ValueError(f"{name} announces {announced} bytes, found {size - start}")
    file.seek(0)
    content = file.read()
    array = np.frombuffer(content, dtype, offset=start)
    return array.reshape(shape, order="F" if by_columns else "C"), sha256(content)


NPZ = Format(
    name="npz",
    title="your own, four arrays in the file data.root",
    place="a file of numpy.savez with the arrays train_images, train_labels, test_images, "
    "test_labels",
    files=FILES,
    parts=lambda path: [path],
    read=_read,
)
