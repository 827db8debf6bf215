"""Figures over seeds: pure functions of frames and arrays."""

import pandas as pd

from analysis.runs import EPOCH_METRICS, PARAMS

SEEDS = ("seed", "order_seed")
STATISTICS = ("mean", "std", "min", "max")


def group_keys(runs: pd.DataFrame) -> list[str]:
    """What runs are grouped by: everything that decides the numbers but the seeds.

    Where `seed` and `order_seed` are equal in every run, both are left out. Where a study
    sets them apart, only a seed that varies is left out; one that is fixed stays a key.
    """
    if (runs["seed"] == runs["order_seed"]).all():
        dropped = set(SEEDS)
    else:
        dropped = {seed for seed in SEEDS if runs[seed].nunique() > 1}
    return [key for key in PARAMS if key not in dropped]


def summarise(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per configuration without its seeds.

    Columns: the group's keys, `runs`, `trained`, `stalled`, `diverged` (numbers of runs), and
    `METRIC_mean`, `_std` (n - 1), `_min`, `_max` of each metric of the last epoch over the
    runs that did not diverge; nan where none is left, and no `_std` of a single one.
    """
    keys = group_keys(runs)
    survivors = runs["outcome"] != "diverged"
    counts = pd.DataFrame({key: runs[key] for key in keys})
    counts["runs"] = 1
    for outcome in ("trained", "stalled", "diverged"):
        counts[outcome] = (runs["outcome"] == outcome).astype(int)
    totals = counts.groupby(keys).sum()
    groups = runs[survivors].groupby(keys)
    figures = pd.DataFrame(
        {
            f"{metric}_{statistic}": groups[metric].agg(statistic)
            for metric in EPOCH_METRICS
            for statistic in STATISTICS
        }
    )
    return totals.join(figures).reset_index().sort_values(keys, ignore_index=True)


def varying(summary: pd.DataFrame) -> list[str]:
    """The keys in which the rows of a summary differ; the learning rate always."""
    keys = [key for key in PARAMS if key in summary.columns]
    return [key for key in keys if key == "lr" or summary[key].nunique() > 1]
