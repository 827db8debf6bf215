"""A sweep of 100 configurations as a user types it: one by one, by joblib, stacked, and again."""

from itertools import count

from bench.commands import typed
from bench.results import Goal
from bench.rounds import interleaved

RUNS = 100
SWEEP = (
    "-m",
    "lr=0.5,0.3,0.2,0.1,0.07,0.05,0.03,0.02,0.01,0.005",
    "seed=range(1,11)",
    "order_seed=1",
    "loss=log_softmax",
)
SECTION = f"A sweep of {RUNS} runs (10 rates x 10 seeds, log_softmax, 5 epochs)"
OWN_ORDERS = ("-m", "lr=0.1", f"seed=range(1,{RUNS + 1})", "loss=log_softmax")
SECTION_OF_ORDERS = f"A sweep of {RUNS} runs, each with an order of its own (log_softmax, 5 epochs)"
ONE_BY_ONE, JOBLIB, STACKED = "one by one", "joblib", "stacked"
LAUNCHERS = {ONE_BY_ONE: "basic", JOBLIB: "joblib", STACKED: "stacked"}
AGAIN = "the same stacked again, all finished"


def measure(bench):
    """From command to end in an empty folder, MLflow and all."""
    numbers = count()
    folder = None

    def sweep(launcher, words=SWEEP):
        nonlocal folder
        folder = bench.empty_folder(f"sweep {next(numbers)}")
        return typed(folder, *words, *bench.limits, f"hydra/launcher={launcher}")[0]

    orders = {
        name: lambda name=name: sweep(LAUNCHERS[name], OWN_ORDERS) for name in (ONE_BY_ONE, STACKED)
    }
    report, rounds = bench.report, bench.rounds
    for name, seconds in interleaved(orders, rounds, SECTION_OF_ORDERS).items():
        report.add(SECTION_OF_ORDERS, name, "s per run", [one / RUNS for one in seconds])
    report.ratio(SECTION_OF_ORDERS, ONE_BY_ONE, STACKED, Goal("at least", 1.5))
    contenders = {
        name: lambda launcher=launcher: sweep(launcher) for name, launcher in LAUNCHERS.items()
    }
    contenders[AGAIN] = lambda: typed(folder, *SWEEP, *bench.limits, "hydra/launcher=stacked")[0]
    seen = interleaved(contenders, rounds, SECTION)
    again = seen.pop(AGAIN)
    for name, seconds in seen.items():
        goal = Goal("at most", 0.2) if name == STACKED else None
        report.add(SECTION, name, "s per run", [one / RUNS for one in seconds], goal)
    report.ratio(SECTION, ONE_BY_ONE, STACKED, Goal("at least", 4))
    report.ratio(SECTION, ONE_BY_ONE, JOBLIB)
    report.ratio(SECTION, JOBLIB, STACKED)
    report.add(SECTION, AGAIN, "s", again, Goal("at most", 10))
