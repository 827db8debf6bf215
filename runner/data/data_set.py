"""What makes a data set: its files with their digests, its sizes, its labels, its sources."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PIXELS = 28 * 28
CLASSES = 10
"""Of every data set: the lesson's model has so many inputs and outputs."""


@dataclass(frozen=True, eq=False)
class DataSet:
    """Images and labels in four IDX files whose digests are known; `data=NAME` chooses it.

    `files` has the names of the images and of the labels by split, "train" and "test";
    `sha256` the digest of each file as it is fetched, a .gz; `examples` the number of images by
    split; `labels` the names of classes 0 to 9. `addresses` are folders on the web that hold the
    files, in the order in which they are tried. `debian_package` has them in `debian_folder`.
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
        """One SHA-256 over those of all files: what a configuration's hash says of the data."""
        return hashlib.sha256("".join(self.sha256.values()).encode()).hexdigest()

    def digest_of(self, split: str) -> str:
        """One over those of a split's two files, 36 digits of it: the longest MLflow takes."""
        digests = "".join(self.sha256[name] for name in self.files[split])
        return hashlib.sha256(digests.encode()).hexdigest()[:36]
