"""What defines a data set: its files and their digests, sizes, labels and sources."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LESSON_SHAPE = (784, 10)
"""Pixels and classes: the shape of the lesson's W."""

MOST_CLASSES, MOST_WEIGHTS = 256, 2_000_000
"""The most classes, and numbers of W, that a data set may have."""


def digest_of_all(digests: Mapping[str, str]) -> str:
    """One SHA-256 over the digests of several files."""
    return hashlib.sha256("".join(digests.values()).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class DataSet:
    """Images and labels: a published data set that `data=NAME` chooses, or a user's own.

    A published one is in four IDX files whose digests are known. A user's own is at `root`, and its
    name has its digest; its `digests` are those of the unpacked files or arrays. Two are equal
    where names and digests are.

    `files` names the image file and the label file of each split, "train" and "test". `digests`
    has the digest of each file as fetched (.gz): its SHA-256, or its SHA-1 where the
    publisher states no other. `examples` has the number of images per split, `shape` their height
    and width, `labels` the names of the classes, from 0 on. `addresses` are web folders that
    hold the files, tried in this order. `debian_package` installs them in `debian_folder`.
    """

    name: str
    title: str
    files: Mapping[str, tuple[str, str]]
    digests: Mapping[str, str]
    examples: Mapping[str, int]
    shape: tuple[int, int]
    labels: tuple[str, ...]
    addresses: tuple[str, ...]
    debian_package: str | None = None
    debian_folder: Path | None = None
    root: str | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DataSet) and (self.name, self.digest) == (other.name, other.digest)

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def weights_shape(self) -> tuple[int, int]:
        """Pixels and classes: the shape of W."""
        height, width = self.shape
        return height * width, len(self.labels)

    @property
    def folder_name(self) -> str:
        """Its folder in the user's cache, and its name in MLflow."""
        return self.name.replace("_", "-")

    @property
    def digest(self) -> str:
        """One SHA-256 over the digests of all files, for `config_hash`."""
        return digest_of_all(self.digests)

    @property
    def algorithm(self) -> str:
        """The name of the digests' algorithm, as `hashlib` has it."""
        return {40: "sha1", 64: "sha256"}[len(next(iter(self.digests.values())))]

    @property
    def digest_name(self) -> str:
        """The same as people write it: SHA-256."""
        return self.algorithm.replace("sha", "SHA-")

    def digest_as_fetched(self, content: bytes) -> str:
        """The digest of a file's content, to be compared with one of `digests`."""
        return hashlib.new(self.algorithm, content, usedforsecurity=False).hexdigest()

    def digest_of(self, split: str) -> str:
        """The same for a split's two files, cut to the 36 digits that MLflow accepts."""
        return digest_of_all({name: self.digests[name] for name in self.files[split]})[:36]
