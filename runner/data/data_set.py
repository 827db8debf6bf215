"""What defines a data set: its files and their digests, sizes, labels and sources."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PIXELS = 28 * 28
CLASSES = 10
"""Fixed for every data set: the inputs and outputs of the lesson's model."""


@dataclass(frozen=True, eq=False)
class DataSet:
    """Images and labels in four IDX files whose digests are known; `data=NAME` chooses it.

    `files` names the image file and the label file of each split, "train" and "test". `sha256`
    has the digest of each file as fetched (.gz), `examples` the number of images per split and
    `labels` the names of classes 0 to 9. `addresses` are web folders that hold the files, tried
    in this order. `debian_package` installs them in `debian_folder`.
    """

    name: str
    title: str
    files: Mapping[str, tuple[str, str]]
    sha256: Mapping[str, str]
    examples: Mapping[str, int]
    labels: tuple[str, ...]
    addresses: tuple[str, ...]
    debian_package: str | None = None
    debian_folder: Path | None = None

    @property
    def folder_name(self) -> str:
        """Its folder in the user's cache, and its name in MLflow."""
        return self.name.replace("_", "-")

    @property
    def digest(self) -> str:
        """One SHA-256 over the digests of all files, for `config_hash`."""
        return hashlib.sha256("".join(self.sha256.values()).encode()).hexdigest()

    def digest_of(self, split: str) -> str:
        """The same for a split's two files, cut to the 36 digits that MLflow accepts."""
        digests = "".join(self.sha256[name] for name in self.files[split])
        return hashlib.sha256(digests.encode()).hexdigest()[:36]
