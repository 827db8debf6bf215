"""The article's own settings."""

import math

from runner.data import FASHION_MNIST, FASHION_MNIST_2017_08_26

ARTICLE: dict[str, float | int | str] = {
    "batch_size": 256,
    "epochs": 5,
    "init_sigma": 1.0,
    "draws": "mxnet",
    "rounding": 0,
    "clip_gradient": math.inf,
    "dtype": "float32",
    "division": "python3",
    "data.name": FASHION_MNIST.name,
}
"""The article's settings beside learning rate, loss and seeds.

Its own parameters, those of `draws=macos` and seed 2, are one draw of the many that runs are to
be compared over; `article_run` has them.
"""

ARTICLE_DATA = (FASHION_MNIST.name, FASHION_MNIST_2017_08_26.name)
"""The data sets on which runs are compared with the article: the official one stands in for its."""

RATES = (1.0, 0.1, 0.01)
"""The article's learning rates."""

PRINTED = ("train_loss_batch_mean", "train_acc_batch_mean", "test_acc_batch_mean")
"""The article's three figures of an epoch."""
