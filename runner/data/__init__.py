"""Data: the images, found, verified and fetched, as NumPy arrays."""

from runner.data.fetch import fetch_if_missing
from runner.data.files import (
    ADDRESSES,
    EXAMPLES,
    FILES,
    LABELS,
    SHA256,
    Split,
    data_digest,
    files_digest,
    load,
    locate,
)

__all__ = [
    "ADDRESSES",
    "EXAMPLES",
    "FILES",
    "LABELS",
    "SHA256",
    "Split",
    "data_digest",
    "fetch_if_missing",
    "files_digest",
    "load",
    "locate",
]
