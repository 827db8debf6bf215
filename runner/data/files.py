"""Fashion-MNIST: the four official files, found and always verified; `fetch` fetches them."""

import functools
import gzip
import hashlib
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import platformdirs

from runner.process import InputError

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"
SHA256 = {
    TRAIN_IMAGES: "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
    TRAIN_LABELS: "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
    TEST_IMAGES: "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
    TEST_LABELS: "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
}
"""The official files and the SHA-256 of each .gz."""

FILES = {"train": (TRAIN_IMAGES, TRAIN_LABELS), "test": (TEST_IMAGES, TEST_LABELS)}
EXAMPLES = {"train": 60_000, "test": 10_000}

LABELS = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
"""The text labels of classes 0 to 9."""

ADDRESSES = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
)
"""The authors' repository and web bucket."""

DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")


@dataclass(frozen=True)
class Split:
    """Images (n, 28, 28) as float32 in 0..1 and labels (n,) as float32 of one split."""

    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.float32]

    def first(self, limit: int | None) -> "Split":
        """The first `limit` examples, all of them for None; no copy."""
        return Split(self.images[:limit], self.labels[:limit])


def data_digest() -> str:
    """One SHA-256 over the four official ones: what a configuration's hash says of the data."""
    return hashlib.sha256("".join(SHA256.values()).encode()).hexdigest()


def files_digest(split: str) -> str:
    """One SHA-256 over those of a split's two files, 36 digits of it: the longest MLflow takes."""
    digests = "".join(SHA256[name] for name in FILES[split])
    return hashlib.sha256(digests.encode()).hexdigest()[:36]


def cache_folder() -> Path:
    """The user's cache folder for the four files."""
    return platformdirs.user_cache_path("lrstudy") / "fashion-mnist"


def load(root: str | None = None) -> tuple[Split, Split]:
    """The training and the test split, verified; read once per process, never fetched.

    Looks in `root` alone if given; else in the user's cache folder, then in Debian's.

    Raises `InputError` for a file that is missing, truncated or altered.
    """
    folder = locate(root)
    if folder is None:
        raise InputError(
            f"Fashion-MNIST not found in {cache_folder()} or {DEBIAN_FOLDER}; "
            "run 'python -m runner.data.fetch' (or 'make study') to fetch it, or set data.root"
        )
    return _read_split(folder, "train"), _read_split(folder, "test")


def locate(root: str | None = None) -> Path | None:
    """The folder that holds all four files, None where no known folder does.

    A `root` is the only folder looked at: `InputError` where it lacks a file.
    """
    if root is not None:
        folder = Path(root).expanduser()
        if not os.path.isdir(folder):
            raise InputError(
                f"{folder} is not a folder: data.root must be one that holds the four official "
                "Fashion-MNIST files; mend it or leave out data.root"
            )
        for name in SHA256:
            if not os.path.isfile(folder / name):
                raise InputError(
                    f"{folder / name} is missing: data.root must hold the four official "
                    f"Fashion-MNIST files ({', '.join(SHA256)}); copy it there or leave out "
                    "data.root"
                )
        return folder
    for folder in (cache_folder(), DEBIAN_FOLDER):
        if all((folder / name).is_file() for name in SHA256):
            return folder
    return None


def verify(path: Path) -> bytes:
    """The content of one of the four .gz files; `InputError` unless its SHA-256 is right."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; {_remedy(path)}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256[path.name]:
        raise InputError(
            f"{path} is truncated or altered: expected SHA-256 {SHA256[path.name]}, "
            f"found {found} ({len(content)} bytes); {_remedy(path)}"
        )
    return content


def parse_idx(content: bytes, name: str) -> npt.NDArray[np.uint8]:
    """The array of bytes in IDX file `name`; `InputError` where header and length disagree.

    Source: the format's description with the MNIST files (LeCun, Cortes, Burges): two zero
    bytes, the type 8 (unsigned byte), the number of dimensions, each size as a big-endian
    32-bit integer, then the values.
    """
    dimensions = content[3] if len(content) >= 4 and content[:3] == b"\0\0\x08" else None
    if dimensions is None or len(content) < 4 + 4 * dimensions:
        raise InputError(
            f"{name} is not an IDX file of bytes: expected a header that begins 00 00 08, "
            f"found {content[:4].hex(' ') or 'nothing'}; fetch the official file"
        )
    shape = struct.unpack_from(f">{dimensions}I", content, 4)
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions)
    if len(values) != np.prod(shape, dtype=np.int64):
        raise InputError(
            f"{name} has the wrong length: its header announces "
            f"{' x '.join(map(str, shape))} bytes, found {len(values)}; fetch the official file"
        )
    return values.reshape(shape)


@functools.lru_cache(maxsize=4)
def _read_split(folder: Path, split: str) -> Split:
    images, labels = (_read_idx(folder / name) for name in FILES[split])
    pixels = np.divide(images, np.float32(255), dtype=np.float32)
    return Split(pixels, labels.astype(np.float32))


def _read_idx(path: Path) -> npt.NDArray[np.uint8]:
    content = verify(path)
    try:
        return parse_idx(gzip.decompress(content), str(path))
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be unpacked: {error}; {_remedy(path)}") from error


def _remedy(path: Path) -> str:
    if path.parent == cache_folder():
        return f"delete {path.name} there and start again: it is fetched anew"
    return "replace it by the official file, or set data.root to a folder that holds it"
