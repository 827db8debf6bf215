"""Softmax regression by hand in NumPy, for one configuration or as columns of one matrix."""

import ctypes
import sys
from pathlib import Path

import numpy as np

from bench.serve import SEED, Arrays, batch_mean, batches, serve


def update(W, b, X, y, steps):
    """Move W (784, 10 k) and b (10 k,) in place; the losses (n, k) before. `steps` is (k, 1)."""
    logits = (X @ W + b).reshape(len(y), len(steps), -1)
    logits -= logits.max(axis=2, keepdims=True)
    of_label = logits[np.arange(len(y)), :, y]
    p = np.exp(logits, out=logits)
    sums = p.sum(axis=2, keepdims=True)
    p /= sums
    p[np.arange(len(y)), :, y] -= 1
    p *= steps
    step = p.reshape(len(y), -1)
    W -= X.T @ step
    b -= step.sum(axis=0)
    return np.log(sums[..., 0]) - of_label


def epochs(arrays, request):
    """Yield the mean losses of each epoch."""
    steps = np.array(request["step_sizes"], np.float32)[:, None]
    images, labels = arrays.images, arrays.labels
    W, b = np.tile(arrays.W, len(steps)), np.tile(arrays.b, len(steps))
    orders = np.random.RandomState(SEED)
    while True:
        losses = [
            update(W, b, images[rows], labels[rows], steps)
            for rows in batches(orders, len(labels), request["batch_size"])
        ]
        yield batch_mean(losses), {}


def blas():
    """The kernel and the threads of NumPy's OpenBLAS."""
    for path in Path(np.__file__).parents[1].glob("numpy.libs/*openblas*"):
        library = ctypes.CDLL(str(path))
        for prefix in ("scipy_openblas", "openblas"):
            try:
                kernel = library[f"{prefix}_get_corename64_"]
                threads = library[f"{prefix}_get_num_threads64_"]
            except AttributeError:
                continue
            kernel.restype = ctypes.c_char_p
            return {"kernel": kernel().decode(), "threads": threads()}
    return {"kernel": "unknown", "threads": None}


def product(size):
    factor = np.ones((size, size), np.float32)
    return factor @ factor


def main():
    arrays = Arrays(sys.argv[1])
    about = {"library": f"NumPy {np.__version__}", **blas()}
    serve(about, lambda request: epochs(arrays, request), product)


if __name__ == "__main__":
    main()
