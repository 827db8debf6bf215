"""How the last bit of one weight grows from update to update; prints the table of docs/horizon.md.

By hand: PYTHONPATH=.:tests .venv/bin/python -m support.bit_growth. Trained in NumPy, not in MXNet:
in float32, whose own roundings grow too, and in float64, where the flipped bit is alone.
"""

import sys

import numpy as np
from support.reference import gradients

from runner import data
from runner.draws import LINUX, initial_parameters, last_bit_flipped

RATES = (0.01, 0.1, 0.25, 1.0, 4.0)
UPDATES = (1, 10, 30, 100, 235, 470, 1175)
SEEDS = (1, 2, 3)
BATCH_SIZE = 256
NUMBER = 4061
"""The weight of the pixel in the middle of the image, for class 0."""


def distances(X, y, seed, lr, dtype, updates=UPDATES):
    """The largest difference between two weights of twins after each of these updates."""
    W, b = initial_parameters(LINUX, seed, 1.0)
    twins = [[start.astype(dtype), b.astype(dtype)] for start in (W, last_bit_flipped(W, NUMBER))]
    X = X.astype(dtype)
    step = dtype(lr / BATCH_SIZE)
    orders = np.random.RandomState(seed)
    order = np.concatenate([orders.permutation(len(y)) for _ in range(-(-max(updates) // 235))])
    found = {}
    for update in range(1, max(updates) + 1):
        # the last batch of an epoch, which is smaller, goes on with the next one's here
        rows = order[(update - 1) * BATCH_SIZE : update * BATCH_SIZE]
        for twin in twins:
            by_W, by_b = gradients(X[rows], y[rows], *twin)
            twin[:] = [twin[0] - step * by_W, twin[1] - step * by_b]
        if update in updates:
            found[update] = float(np.abs(twins[1][0] - twins[0][0]).max())
    return found


def main(updates=UPDATES):
    """Print medians over the seeds."""
    train_split = data.load()[0]
    images, labels = train_split.images.reshape(-1, 784), train_split.labels.astype(int)
    print(f"| numbers | learning rate | {' | '.join(map(str, updates))} |")
    print(f"|---|---:|{'---:|' * len(updates)}")
    for dtype in (np.float32, np.float64):
        for lr in RATES:
            each = [distances(images, labels, seed, lr, dtype, updates) for seed in SEEDS]
            cells = [f"{np.median([one[update] for one in each]):.0e}" for update in updates]
            print(f"| {np.dtype(dtype).name} | {lr:g} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or UPDATES)
