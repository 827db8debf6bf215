"""Reads what runs logged as artifacts, without trusting it: a file may be damaged or anything else.

An artifact store may be any that MLflow knows, and raises what it likes; here each such error is
an `InputError` about one run.
"""

import contextlib
import io
import math
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
from mlflow.artifacts import download_artifacts
from mlflow.entities import Run
from mlflow.utils.file_utils import local_file_uri_to_path

from runner.data import LESSON_SHAPE
from runner.process import InputError, one_line
from runner.records import Floats

LARGEST = 100_000_000
"""Bytes of an artifact that is read back; the plan of a sweep of 300,000 runs has as many."""

LARGEST_PARAMETERS, LARGEST_WEIGHT = 1_000_000, 100
"""Bytes of unpacked parameters; of a large W, for each of its numbers: in float64 they have 16."""

PATIENCE_SECONDS = 5.0
"""A server that takes longer than this to give nothing is not asked for another run's artifact."""

MLFLOW_PREAMBLE = ("The following failures occurred", "##### File")
"""How the lines begin that MLflow puts before an error of a download."""

_silent: dict[tuple[str, str], str] = {}
"""Why these servers gave nothing."""


_records: list[dict[str, str | None]] = []
"""Those that `recorded_artifacts` has open."""


class Parameters(NamedTuple):
    """W (784, 10) and b (10,): untrained (`W0`, `b0`, finite) and after the last epoch."""

    W0: Floats
    b0: Floats
    W: Floats
    b: Floats


def read_parameters(
    run: Run, tracking_uri: str, shape: tuple[int, int] = LESSON_SHAPE
) -> Parameters:
    """The parameters that a run logged; `InputError` if they are missing or damaged.

    `shape` is what that of W must be, by the run's data set.
    """
    content = read_artifact(run, "parameters.npz", tracking_uri)
    try:
        return _parse_parameters(content, shape)
    except Exception as error:  # zipfile and NumPy raise a dozen kinds for a damaged file
        raise _unreadable(run, "parameters.npz", error) from error


def _parse_parameters(content: bytes, shape: tuple[int, int]) -> Parameters:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        most = max(LARGEST_PARAMETERS, LARGEST_WEIGHT * math.prod(shape))
        if sum(one.file_size for one in archive.infolist()) > most:
            raise ValueError(f"more than {most} bytes when unpacked")
    with np.load(io.BytesIO(content)) as arrays:
        found = Parameters(*(arrays[name] for name in Parameters._fields))
    for name, array in found._asdict().items():
        expected = shape if name.startswith("W") else shape[1:]
        if array.shape != expected or array.dtype.kind != "f":
            raise ValueError(
                f"{name} must be {expected} of floats, is {array.shape} of {array.dtype}"
            )
        if name.endswith("0") and not np.isfinite(array).all():
            raise ValueError(f"{name} is not finite")
    return found


@contextlib.contextmanager
def recorded_artifacts() -> Iterator[Mapping[str, str | None]]:
    """The SHA-256 of each artifact that is read in the block, by its path.

    None stands for one that could not be read; one that is not on this machine is there by its
    address, with an empty digest.
    """
    record: dict[str, str | None] = {}
    _records.append(record)
    try:
        yield record
    finally:
        _records.pop()


def read_artifact(run: Run, name: str, tracking_uri: str) -> bytes:
    """The content of a run's artifact; `InputError` if there is none or its store is silent."""
    root = run.info.artifact_uri
    try:
        if not root:
            raise ValueError("it has no address")
        place = urlsplit(root)  # also raises it, as for a bracket that is never closed
    except ValueError as error:
        raise _unreadable(run, name, error) from error
    is_local = place.scheme in ("", "file")
    address = f"{root.rstrip('/')}/{name}"
    local_path = local_file_uri_to_path(address) if is_local else ""
    _note(local_path or address, None if is_local else "")
    server = (place.scheme, place.netloc)
    if server in _silent:
        raise _unreadable(run, name, _silent[server])
    begin = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(
                download_artifacts(
                    # By its address, not by the run: MLflow would ask the store for the run again.
                    artifact_uri=address,
                    dst_path=None if is_local else folder,  # a local file is read where it is
                    tracking_uri=tracking_uri,
                )
            )
            if not path.is_file():
                raise ValueError("it is not a file")
            if path.stat().st_size > LARGEST:
                raise ValueError(f"it has more than {LARGEST} bytes")
            content = path.read_bytes()
            if is_local:
                _note(local_path, sha256(content).hexdigest())
            return content
    except Exception as error:  # what the SDKs of artifact stores raise has no common base
        if not is_local and time.monotonic() - begin > PATIENCE_SECONDS:
            _silent[server] = str(error)
        raise _unreadable(run, name, error) from error


def _note(place: str, digest: str | None) -> None:
    for record in _records:
        record[place] = digest


def _unreadable(run: Run, name: str, reason: object) -> InputError:
    lines = [line for line in str(reason).splitlines() if not line.startswith(MLFLOW_PREAMBLE)]
    first = next(filter(None, lines), type(reason).__name__)
    place = one_line(run.info.artifact_uri or "nowhere")
    return InputError(
        f"{name} of MLflow run {one_line(run.info.run_id)} cannot be read from {place} "
        f"({one_line(first)}); put it back there, or train the run again with skip_finished=false"
    )
