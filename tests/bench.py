"""`make bench`: an epoch of the runner against an epoch of the DataLoader program.

One process, one training each, in turn for several rounds; the ratio is taken round by round,
because machines drift. The runner's epoch includes its evaluation of the test images, the
DataLoader program's is training alone.
"""

import statistics
import time

import runner  # noqa: F401  # first of all: chooses the BLAS kernel before MXNet is imported

# isort: split
from dataloader_program import epoch_losses

from runner import data
from runner.train import train

ROUNDS = 5


def seconds_per_epoch(epochs):
    """Wall time from one yielded epoch to the next."""
    next(epochs)  # the first pays for start-up
    start = time.perf_counter()
    next(epochs)
    return time.perf_counter() - start


def main():
    train_split, test_split = data.load()
    runner_seconds, dataloader_seconds = [], []
    for round_ in range(1, ROUNDS + 1):
        ours = train(
            train_split,
            test_split,
            step_size=0.1 / 256,
            batch_size=256,
            epochs=2,
            seed=2,
            order_seed=2,
            loss="pick_log",
            init_sigma=1.0,
            stop_on_divergence=True,
        )
        next(ours)  # the untrained model
        runner_seconds.append(seconds_per_epoch(ours))
        theirs = epoch_losses(
            train_split.images, train_split.labels, seed=2, learning_rate=0.1, epochs=2
        )
        dataloader_seconds.append(seconds_per_epoch(theirs))
        print(
            f"round {round_} of {ROUNDS}: runner {runner_seconds[-1]:.3f} s per epoch, "
            f"DataLoader program {dataloader_seconds[-1]:.2f} s"
        )
    ratios = [
        theirs / ours for theirs, ours in zip(dataloader_seconds, runner_seconds, strict=True)
    ]
    print(f"runner             median {statistics.median(runner_seconds):.3f} s per epoch")
    print(f"DataLoader program median {statistics.median(dataloader_seconds):.2f} s per epoch")
    print(
        f"ratio              median {statistics.median(ratios):.1f} "
        f"(from {min(ratios):.1f} to {max(ratios):.1f})"
    )


if __name__ == "__main__":
    main()
