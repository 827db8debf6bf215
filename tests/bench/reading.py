"""How long it takes to read many runs back, and to write the report of them."""

import time
from itertools import product

import numpy as np

import analysis
from bench.commands import typed
from bench.results import Goal
from bench.rounds import interleaved
from runner.configuration import Configuration
from runner.data import FASHION_MNIST
from runner.tracking.store import open_tracking

COUNTS = (100, 1000)
GOALS = {100: None, 1000: Goal("at most", 5)}
EPOCHS = 5
RATES = (1.0, 0.1, 0.01, 0.001)
SECTION = f"Reading back runs of {EPOCHS} epochs"
SWEEP_ID = "ade0"


def measure(bench):
    """Made-up runs in a real store, logged as the runner logs them."""
    folder = bench.empty_folder("reading")
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    for count in COUNTS:
        print(f"{SECTION}: making {count} runs", flush=True)
        make_runs(uri, str(count), count)

    def read(count):
        start = time.perf_counter()
        runs, epochs = analysis.load_runs(str(count), uri)
        seconds = time.perf_counter() - start
        assert (len(runs), len(epochs)) == (count, count * (EPOCHS + 1))
        return seconds

    contenders = {count: lambda count=count: read(count) for count in COUNTS}
    for count, seconds in interleaved(contenders, bench.rounds, SECTION).items():
        bench.report.add(SECTION, f"{count} runs into tidy frames", "s", seconds, GOALS[count])
    words = ("--uri", uri, "--experiment", str(max(COUNTS)), "--output")
    seconds = [
        typed(folder, *words, f"report {number}", program="lrstudy-report")[0]
        for number in range(bench.rounds)
    ]
    name = f"the report of {max(COUNTS)}, from command to end"
    bench.report.add(SECTION, name, "s", seconds, Goal("at most", 10))


def make_runs(uri, experiment, count):
    """Log runs with figures drawn at random: what a run of the study logs, without pictures."""
    tracking = open_tracking(uri, experiment)
    draw = np.random.RandomState(0)
    W, b = draw.randn(784, 10).astype("f"), draw.randn(10).astype("f")
    grid = product(range(1, count // len(RATES) + 1), RATES)
    with tracking.run("sweep", {"kind": "sweep", "sweep_id": SWEEP_ID, "command": "none"}):
        for seed, lr in grid:
            one = _configuration(lr, seed)
            tags = {"kind": "run", "config_hash": one.config_hash, "sweep_id": SWEEP_ID}
            with tracking.run(one.name, tags) as run_log:
                run_log.datasets(FASHION_MNIST, {"train": one.train_limit, "test": one.test_limit})
                metrics = {epoch: _figures(draw, epoch) for epoch in range(EPOCHS + 1)}
                metrics[EPOCHS] |= {"diverged": 0.0, "best_test_acc": draw.random_sample()}
                run_log.log(params=one.params, metrics=metrics, tags={"outcome": "trained"})
                with run_log.artifacts() as files:
                    np.savez(files.path("parameters.npz"), W=W, b=b, W0=W, b0=b)


def _figures(draw, epoch):
    test = ("test_loss", "test_acc", "test_acc_batch_mean")
    train = ("train_loss", "train_acc", "train_loss_batch_mean", "train_acc_batch_mean")
    return {name: draw.random_sample() for name in (test + train if epoch else test)}


def _configuration(lr, seed):
    return Configuration(
        lr=lr,
        batch_size=256,
        epochs=EPOCHS,
        seed=seed,
        order_seed=1,
        loss="log_softmax",
        init_sigma=1.0,
        division="python3",
        on_divergence="stop",
        train_limit=60_000,
        test_limit=10_000,
    )
