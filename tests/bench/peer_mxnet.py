"""Ours: the runner's own trainer, and apart from its epochs' time what in them is not training."""

import sys
import time

import runner.training  # first of all: chooses the BLAS kernel before MXNet is imported

# isort: split
from bench.serve import SEED, Arrays, serve
from runner.data.files import Split
from runner.training import initial_parameters, trainer
from runner.training.kernel import kernel_and_threads

FOREVER = 10**6
EVALUATION = ("test_figures",)
DETECTION = ("_record", "parameters_of", "batch_means")
"""What an epoch does to find a divergence, and to keep a state from which to replay it."""


class Stopwatch:
    """The seconds spent in a function of the trainer since they were last taken."""

    def __init__(self, name):
        self.function, self.seconds = getattr(trainer, name), 0.0
        setattr(trainer, name, self)

    def __call__(self, *arguments):
        start = time.perf_counter()
        result = self.function(*arguments)
        self.seconds += time.perf_counter() - start
        return result

    def take(self):
        seconds, self.seconds = self.seconds, 0.0
        return seconds


def epochs(splits, watches, request):
    """Yield each epoch's mean losses, and the seconds of it that are no training."""
    columns = [
        trainer.Column(step, *initial_parameters("mxnet", SEED, 1.0), stop_on_divergence=False)
        for step in request["step_sizes"]
    ]
    keys = {"batch_size": request["batch_size"], "loss": request["loss"]}
    training = trainer.train(*splits, columns, epochs=FOREVER, order_seed=SEED, **keys)
    next(training)  # the untrained model
    for records in training:
        losses = [record.metrics["train_loss_batch_mean"] for record in records]
        yield losses, {name: sum(one.take() for one in some) for name, some in watches.items()}


def main():
    arrays = Arrays(sys.argv[1])
    splits = [
        Split(images.reshape(-1, 28, 28), labels.astype("float32"))
        for images, labels in (
            (arrays.images, arrays.labels),
            (arrays.test_images, arrays.test_labels),
        )
    ]
    watches = {
        "evaluation": [Stopwatch(name) for name in EVALUATION],
        "detection": [Stopwatch(name) for name in DETECTION],
    }
    kernel, threads = kernel_and_threads()
    about = {"library": f"lrstudy {runner.__version__}", "kernel": kernel, "threads": threads}
    serve(about, lambda request: epochs(splits, watches, request))


if __name__ == "__main__":
    main()
