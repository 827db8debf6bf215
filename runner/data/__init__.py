"""Data: the images and labels of a data set, found, verified and fetched, as NumPy arrays.

A data set is one object in one file; the keys, the trainer and the report take it from `DATA_SETS`.
"""

from runner.data.data_set import CLASSES, PIXELS, DataSet
from runner.data.fashion_mnist import FASHION_MNIST
from runner.data.fetch import fetch_if_missing
from runner.data.files import Split, load, locate

DATA_SETS: dict[str, DataSet] = {data_set.name: data_set for data_set in (FASHION_MNIST,)}
"""Every data set by the name that users type, the default first."""

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
