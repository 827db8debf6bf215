"""The list of data sets."""

from runner.data.data_set import DataSet
from runner.data.fashion_mnist import FASHION_MNIST
from runner.data.fashion_mnist_2017_08_26 import FASHION_MNIST_2017_08_26

DATA_SETS: dict[str, DataSet] = {
    data_set.name: data_set for data_set in (FASHION_MNIST, FASHION_MNIST_2017_08_26)
}
"""Each data set by the name that users type; the first is the default."""
