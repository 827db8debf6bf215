"""Data: finds, fetches and verifies a data set's images and labels; gives NumPy arrays.

Each data set is one object in one file, listed in `DATA_SETS` for the keys, trainer and report;
so is each format of a user's own.
"""

from runner.data.data_set import LESSON_SHAPE, MOST_CLASSES, MOST_WEIGHTS, DataSet
from runner.data.data_sets import DATA_SETS, choice_of, data_set_of, is_own, published
from runner.data.fashion_mnist import FASHION_MNIST
from runner.data.fashion_mnist_2017_08_26 import FASHION_MNIST_2017_08_26
from runner.data.fetch import fetch_if_missing
from runner.data.files import load, locate, read_ahead, recognise
from runner.data.own import MOST_NUMBERS, Format
from runner.data.split import Split

__all__ = [
    "DATA_SETS",
    "FASHION_MNIST",
    "FASHION_MNIST_2017_08_26",
    "LESSON_SHAPE",
    "MOST_CLASSES",
    "MOST_NUMBERS",
    "MOST_WEIGHTS",
    "DataSet",
    "Format",
    "Split",
    "choice_of",
    "data_set_of",
    "fetch_if_missing",
    "is_own",
    "load",
    "locate",
    "published",
    "read_ahead",
    "recognise",
]
