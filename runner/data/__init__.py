"""Data: finds, fetches and verifies a data set's images and labels; gives NumPy arrays.

Each data set is one object in one file, listed in `DATA_SETS` for the keys, trainer and report.
"""

from runner.data.data_set import LESSON_SHAPE, DataSet
from runner.data.data_sets import DATA_SETS
from runner.data.fashion_mnist import FASHION_MNIST
from runner.data.fashion_mnist_2017_08_26 import FASHION_MNIST_2017_08_26
from runner.data.fetch import fetch_if_missing
from runner.data.files import Split, load, locate, recognise

__all__ = [
    "DATA_SETS",
    "FASHION_MNIST",
    "FASHION_MNIST_2017_08_26",
    "LESSON_SHAPE",
    "DataSet",
    "Split",
    "fetch_if_missing",
    "load",
    "locate",
    "recognise",
]
