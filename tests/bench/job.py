"""A whole job beside what a user would do today: PyTorch's loop, Hydra's launcher, MLflow."""

from itertools import count

from bench.commands import timed, typed
from bench.peer import PEERS, TESTS
from bench.results import Goal
from bench.rounds import interleaved

RUNS = 30
SWEEP = ("-m", "lr=1,0.1,0.01", "seed=range(1,11)")
SECTION = f"The whole job: {RUNS} runs (3 rates x 10 seeds, log_softmax, 5 epochs)"
TUTORIAL = "PyTorch as in tutorials, Hydra's own launcher, MLflow"
OURS = "ours, stacked"


def measure(bench):
    """From command to end in an empty folder, MLflow and all."""
    numbers = count()

    def ours():
        folder = bench.empty_folder(f"job {next(numbers)}")
        words = ("loss=log_softmax", "order_seed=1", "hydra/launcher=stacked", *bench.limits)
        return typed(folder, *SWEEP, *words)[0]

    def tutorial():
        folder = bench.empty_folder(f"job {next(numbers)}")
        given = {
            "arrays": bench.folder,
            "uri": f"sqlite:///{folder / 'mlflow.db'}",
            "epochs": 5,
            "train_limit": len(bench.train_split.labels),
            "test_limit": len(bench.test_split.labels),
        }
        words = [f"+{name}={value}" for name, value in given.items()]
        python = PEERS / "bin" / "python"
        program = TESTS / "bench" / "tutorial_sweep.py"
        sweep = ("-m", *(f"+{word}" for word in SWEEP[1:]))
        return timed(folder, str(python), str(program), *sweep, *words)[0]

    if not (PEERS / "installed").exists():
        bench.report.remark(f"{TUTORIAL}: skipped, not installed (make peers)")
        return
    seen = interleaved({OURS: ours, TUTORIAL: tutorial}, bench.rounds, SECTION)
    for name, seconds in seen.items():
        bench.report.add(SECTION, name, "s", seconds)
    bench.report.ratio(SECTION, TUTORIAL, OURS, Goal("at least", 10))
