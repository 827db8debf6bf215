"""What defines a data set: its files and their digests, sizes, labels and sources."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LESSON_SHAPE = (784, 10)
"""Pixels and classes: the shape of the lesson's W."""


@dataclass(frozen=True, eq=False)
class DataSet:
    """Images and labels in four IDX files whose digests are known; `data=NAME` chooses it.

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
        return hashlib.sha256("".join(self.digests.values()).encode()).hexdigest()

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
        digests = "".join(self.digests[name] for name in self.files[split])
        return hashlib.sha256(digests.encode()).hexdigest()[:36]
