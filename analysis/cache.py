"""Keeps arrays that take seconds to compute in the user's cache folder, by what decides them.

Nothing depends on the cache: what cannot be kept, or is damaged, is computed again.
"""

import contextlib
import inspect
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import platformdirs

Arrays = Mapping[str, npt.NDArray[Any]]


def cached(
    compute: Callable[[], Arrays], made_from: Iterable[object], programs: Iterable[object]
) -> Arrays:
    """The arrays that `compute` gives, from the cache if it gave them before.

    `made_from` is all that decides the arrays: arrays, numbers and texts. `programs` are
    functions or classes of the modules whose text decides them, too.
    """
    path = _folder() / f"{_digest(made_from, programs)}.npz"
    found = _read(path)
    if found is not None:
        return found
    arrays = compute()
    with contextlib.suppress(OSError):
        _keep(arrays, path)
    return arrays


def _folder() -> Path:
    return platformdirs.user_cache_path("lrstudy") / "computed"


def _digest(made_from: Iterable[object], programs: Iterable[object]) -> str:
    digest = sha256(f"NumPy {np.__version__} {os.environ.get('OPENBLAS_CORETYPE')}".encode())
    for one in programs:
        digest.update(inspect.getsource(sys.modules[one.__module__]).encode())
    for one in made_from:
        if isinstance(one, np.ndarray):
            digest.update(f"\0{one.dtype.str} {one.shape}\0".encode())
            digest.update(np.ascontiguousarray(one).data)
        else:
            digest.update(f"\0{one!r}\0".encode())
    return digest.hexdigest()


def _read(path: Path) -> Arrays | None:
    try:
        with np.load(io.BytesIO(path.read_bytes())) as arrays:
            return dict(arrays)
    except Exception:  # zipfile and NumPy raise a dozen kinds for a damaged file
        return None


def _keep(arrays: Arrays, path: Path) -> None:
    """Write the file whole or not at all: other processes may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-") as folder:
        unfinished = Path(folder) / path.name
        np.savez(unfinished, **arrays)  # type: ignore[arg-type]  # none is named allow_pickle
        os.replace(unfinished, path)
