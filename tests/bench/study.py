"""A preset of the study, and the time that the DataLoader program would take for its runs."""

import re

from bench.commands import typed
from bench.one import LESSON, section_of
from bench.results import Goal
from bench.sweeps import SECTION as SWEEP
from bench.sweeps import STACKED
from runner.tracking.store import open_tracking

PRESET = "+experiment=counterfactuals"
SECTION = "The preset counterfactuals, batch size 256"
EPOCHS = 5
BATCH_SIZE = 256
THEIRS, OURS = "DataLoader program (estimated, training alone)", "ours ({})"


def measure(bench):
    """The ratio of both times, ours from the sweep of 100 or, if asked for, measured.

    Estimated: every run to its last epoch, on both sides. Measured: the DataLoader program's
    epochs count as far as each run of ours was trained.
    """
    epoch = bench.report.values(section_of(BATCH_SIZE), f"DataLoader program ({LESSON})")
    per_run = bench.report.values(SWEEP, STACKED)
    if epoch is None or not (bench.study or per_run):
        bench.report.remark("The study is estimated from the parts one and sweeps; not measured.")
        return
    if bench.study:
        folder = bench.empty_folder("study")
        seconds, _ = typed(folder, PRESET, *bench.limits)
        ours, epochs = [seconds], _epochs_trained(bench, folder)
        name = OURS.format("from command to end")
    else:
        _, said = typed(bench.folder, PRESET, *bench.limits, "dry_run=true")
        runs = int(re.search(r"(\d+) configurations, ", said).group(1))
        ours, epochs = [runs * one for one in per_run], runs * EPOCHS
        name = OURS.format("estimated from the sweep of 100")
    rounds = min(len(epoch), len(ours))
    bench.report.add(SECTION, THEIRS, "s", [epochs * one for one in epoch[:rounds]])
    bench.report.add(SECTION, name, "s", ours[:rounds])
    bench.report.ratio(SECTION, THEIRS, name, Goal("at least", 50))


def _epochs_trained(bench, folder):
    """How many epochs' worth of updates the runs were trained for, until they diverged."""
    updates = -(-len(bench.train_split.labels) // BATCH_SIZE)
    tracking = open_tracking(f"sqlite:///{folder / 'mlflow.db'}", "lr-study", create=False)
    return sum(
        run.data.metrics.get("diverged_update", EPOCHS * updates) / updates
        for run in tracking.finished().values()
    )
