"""`make bench`: epochs of the runner, alone and stacked, against one of the DataLoader program.

One process, one training each, in turn for several rounds; the ratio is taken round by round,
because machines drift. The runner's epochs include the evaluation of the test images, the
DataLoader program's is training alone.
"""

import statistics
import time

import runner  # noqa: F401  # first of all: chooses the BLAS kernel before MXNet is imported

# isort: split
from dataloader_program import epoch_losses

from runner import data
from runner import train as trainer

ROUNDS = 5
WIDTH = 30
FORMS = ("log_softmax", "log_pick", "pick_log")
DETECTION = ("_record", "parameters_of", "batch_means")
"""What an epoch does to find a divergence, and to keep a state from which to replay it."""


def seconds_per_epoch(epochs):
    """Wall time from one yielded epoch to the next."""
    next(epochs)  # the first pays for start-up
    start = time.perf_counter()
    next(epochs)
    return time.perf_counter() - start


def stack(splits, width, loss):
    """The epochs of a stack of learning rates on one seed, after the untrained model."""
    columns = [
        trainer.Column(0.1 / 256 * 0.9**number, 2, init_sigma=1.0, stop_on_divergence=True)
        for number in range(width)
    ]
    keys = {"batch_size": 256, "epochs": 2, "order_seed": 2, "loss": loss}
    epochs = trainer.train(*splits, columns, **keys)
    next(epochs)
    return epochs


class Stopwatch:
    """The seconds spent in a function since they were last taken."""

    def __init__(self, function):
        self.function, self.seconds = function, 0.0

    def __call__(self, *arguments):
        start = time.perf_counter()
        result = self.function(*arguments)
        self.seconds += time.perf_counter() - start
        return result

    def take(self):
        seconds, self.seconds = self.seconds, 0.0
        return seconds


def spread(name, values, unit):
    print(
        f"{name:44} median {statistics.median(values):8.4f} {unit} "
        f"(from {min(values):.4f} to {max(values):.4f})"
    )


def main():
    splits = data.load()
    train_split, _ = splits
    seen = {name: [] for name in ("DataLoader", "alone", *FORMS)}
    detection = [Stopwatch(getattr(trainer, name)) for name in DETECTION]
    for name, watch in zip(DETECTION, detection, strict=True):
        setattr(trainer, name, watch)
    shares = {name: [] for name in ("alone", *FORMS)}
    for round_ in range(1, ROUNDS + 1):
        print(f"round {round_} of {ROUNDS}", flush=True)
        theirs = epoch_losses(
            train_split.images, train_split.labels, seed=2, learning_rate=0.1, epochs=2
        )
        seen["DataLoader"].append(seconds_per_epoch(theirs))
        for name in shares:
            width, loss = (1, "pick_log") if name == "alone" else (WIDTH, name)
            epoch = seconds_per_epoch(stack(splits, width, loss))
            seen[name].append(epoch / width)
            spent = sum(watch.take() for watch in detection) / 2  # of the two epochs trained
            shares[name].append(100 * spent / epoch)
    spread("DataLoader program", seen["DataLoader"], "s")
    spread("one run (pick_log)", seen["alone"], "s")
    for loss in FORMS:
        spread(f"one of {WIDTH} stacked ({loss})", seen[loss], "s")
    for name in ("alone", *FORMS):
        ratios = [a / b for a, b in zip(seen["DataLoader"], seen[name], strict=True)]
        spread(f"ratio of the DataLoader program to {name}", ratios, " ")
    for name, values in shares.items():
        spread(f"finding what is not finite ({name})", values, "% of an epoch")


if __name__ == "__main__":
    main()
