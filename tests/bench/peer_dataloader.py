"""The DataLoader program of the tests: the lesson as its readers write it."""

import sys

# First of all: importing the runner chooses the BLAS kernel before MXNet is imported.
from runner.training.kernel import kernel_and_threads

# isort: split
from support.dataloader_program import epoch_losses

from bench.serve import SEED, Arrays, serve

FOREVER = 10**6


def epochs(arrays, request):
    """Yield each epoch's mean loss; the loss is the article's, `pick_log`."""
    (step,) = request["step_sizes"]
    for loss in epoch_losses(
        arrays.images,
        arrays.labels.astype("float32"),
        seed=SEED,
        learning_rate=step * request["batch_size"],
        epochs=FOREVER,
        batch_size=request["batch_size"],
    ):
        yield [loss], {}


def main():
    arrays = Arrays(sys.argv[1])
    kernel, threads = kernel_and_threads()
    about = {"library": "DataLoader program", "kernel": kernel, "threads": threads}
    serve(about, lambda request: epochs(arrays, request))


if __name__ == "__main__":
    main()
