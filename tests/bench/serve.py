"""The child's side of the bench: epochs trained on request, a JSON line each way.

Runs in the environments of the contenders, so it needs the standard library and NumPy only.

A request names the work: `loss`, `batch_size`, and the `step_sizes` of the configurations that
train together. Its first epoch warms up (compilers, caches) and is not timed; the reply to each
request is the time of the next epoch of the same training. A request for a `product` of that
size is answered with its time.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

SEED = 2
"""Draws the parameters and, for all contenders alike, the order of the examples."""


class Arrays:
    """What is trained on, as the bench wrote it into a folder.

    `images` (n, 784) and `W` (784, 10), `b` (10,) are float32, `labels` (n,) int64; so are
    `test_images` and `test_labels`.
    """

    def __init__(self, folder):
        self.folder = Path(folder)

    def __getattr__(self, name):
        values = np.load(self.folder / f"{name}.npy")
        setattr(self, name, values)
        return values


def batches(orders, count, batch_size):
    """The row numbers of each update of one more epoch, in an order drawn from `orders`."""
    order = orders.permutation(count)
    return [order[start : start + batch_size] for start in range(0, count, batch_size)]


def batch_mean(batches):
    """The mean over batches (n, k) of the mean loss of each: (k,)."""
    return np.mean(
        [np.asarray(losses).mean(axis=0, dtype=np.float64) for losses in batches], axis=0
    )


def _peak():
    """The most memory that this process has held, in MB; on Linux.

    `getrusage` would count what the bench held when it started this process.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def serve(about, epochs, product=None):
    """Answer requests from standard input until it ends; `about` is told first.

    `epochs(request)` yields after each epoch the mean losses (k,) and what else is to be told;
    `product(size)` computes a float32 product of that size.
    """
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no reply
    print(json.dumps(about), file=replies, flush=True)
    trainings = {}
    for line in sys.stdin:
        request = json.loads(line)
        if "product" in request:
            product(request["product"])
            start = time.perf_counter()
            product(request["product"])
            reply = {"seconds": time.perf_counter() - start}
        else:
            reply = {}
            if line not in trainings:
                trainings[line] = epochs(request)
                losses, _ = next(trainings[line])
                reply["first_losses"] = [float(one) for one in losses]
            start = time.perf_counter()
            _, more = next(trainings[line])
            reply |= {"seconds": time.perf_counter() - start, **more, "megabytes": _peak()}
        print(json.dumps(reply), file=replies, flush=True)
