"""What is not training: the start of a command, and a sweep of 90 runs outside of it."""

import subprocess
import sys
import time
from itertools import count

from bench.commands import environment, seconds_to, typed
from bench.peer import TESTS
from bench.results import Goal
from bench.rounds import interleaved

START = "Start of a command"
RUNS = 90
SWEEP = ("-m", "lr=1,0.1,0.01", "seed=range(1,11)", "batch_size=64,256,1024", "order_seed=1")
SECTION = f"Outside training: {RUNS} runs (3 rates x 10 seeds x 3 batch sizes, 5 epochs)"
SMALL = ("data.train_limit=2048", "data.test_limit=512")
"""Outside training one by one does not depend on how much there is to train."""

LAUNCHERS = {
    "stacked, in one process": ("hydra/launcher=stacked", "hydra.launcher.n_jobs=1"),
    "one by one, 2,048 images": SMALL,
}


def measure_start(bench):
    """With the .pyc files that a first, untimed start leaves."""
    numbers = count()

    def first_update():
        folder = bench.empty_folder(f"start {next(numbers)}")
        return seconds_to("Untrained.", folder, "epochs=1", *bench.limits)

    contenders = {
        "lrstudy --help": lambda: typed(bench.folder, "--help")[0],
        "lrstudy, to its first update": first_update,
    }
    for warm_up in contenders.values():
        warm_up()
    goals = dict(zip(contenders, (1, 3), strict=True))
    for name, seconds in interleaved(contenders, bench.rounds, START).items():
        bench.report.add(START, name, "s", seconds, Goal("at most", goals[name]))


def measure(bench):
    """From command to end, less what training took in it."""
    numbers = count()
    sweeps = {
        name: lambda words=words: _outside(
            bench.empty_folder(f"overhead {next(numbers)}"), (*bench.limits, *words)
        )
        for name, words in LAUNCHERS.items()
    }
    for name, seconds in interleaved(sweeps, bench.rounds, SECTION).items():
        bench.report.add(SECTION, name, "s per run", seconds, Goal("at most", 0.12))


def _outside(folder, words):
    """The seconds per run, from command to end, that no training took."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "bench.timed_command", "training", *SWEEP, *words],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(TESTS)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    whole = time.perf_counter() - start
    return (whole - float((folder / "training").read_text())) / RUNS
