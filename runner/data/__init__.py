"""Data: finds, fetches and verifies a data set's images and labels; gives NumPy arrays.

Each data set is one object in one file, listed in `DATA_SETS` for the keys, trainer and report.
"""

from runner.data.data_set import CLASSES, PIXELS, DataSet
from runner.data.fashion_mnist import FASHION_MNIST
from runner.data.fetch import fetch_if_missing
from runner.data.files import Split, load, locate

DATA_SETS: dict[str, DataSet] = {data_set.name: data_set for data_set in (FASHION_MNIST,)}
"""Each data set by the name that users type; the first is the default."""

__all__ = [
    "CLASSES",
    "DATA_SETS",
    "FASHION_MNIST",
    "PIXELS",
    "DataSet",
    "Split",
    "fetch_if_missing",
    "load",
    "locate",
]
