"""A sweep of 100 configurations as a user types it: one by one, by joblib, stacked, and again."""

from itertools import count

from bench.commands import typed
from bench.results import Goal
from bench.rounds import interleaved

MOST_ROUNDS = 3
"""A round takes minutes."""

RUNS = 100
SWEEP = (
    "-m",
    "lr=0.5,0.3,0.2,0.1,0.07,0.05,0.03,0.02,0.01,0.005",
    "seed=range(1,11)",
    "order_seed=1",
    "loss=log_softmax",
)
SECTION = f"A sweep of {RUNS} runs (10 rates x 10 seeds, log_softmax, 5 epochs)"
ONE_BY_ONE, JOBLIB, STACKED = "one by one", "joblib", "stacked"
LAUNCHERS = {ONE_BY_ONE: "basic", JOBLIB: "joblib", STACKED: "stacked"}
AGAIN = "the same stacked again, all finished"


def measure(bench):
    """From command to end in an empty folder, MLflow and all."""
    numbers = count()
    folder = None

    def sweep(launcher):
        nonlocal folder
        folder = bench.empty_folder(f"sweep {next(numbers)}")
        return typed(folder, *SWEEP, *bench.limits, f"hydra/launcher={launcher}")[0]

    contenders = {
        name: lambda launcher=launcher: sweep(launcher) for name, launcher in LAUNCHERS.items()
    }
    contenders[AGAIN] = lambda: typed(folder, *SWEEP, *bench.limits, "hydra/launcher=stacked")[0]
    seen = interleaved(contenders, min(bench.rounds, MOST_ROUNDS), SECTION)
    again = seen.pop(AGAIN)
    report = bench.report
    for name, seconds in seen.items():
        report.add(SECTION, name, "s per run", [one / RUNS for one in seconds])
    report.ratio(SECTION, ONE_BY_ONE, STACKED, Goal("at least", 4))
    report.ratio(SECTION, ONE_BY_ONE, JOBLIB)
    report.ratio(SECTION, JOBLIB, STACKED)
    report.add(SECTION, AGAIN, "s", again, Goal("at most", 10))
