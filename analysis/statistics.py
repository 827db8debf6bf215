"""Figures over seeds: pure functions of frames and arrays."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.runs import EPOCH_METRICS, PARAMS

SEEDS = ("seed", "order_seed")
STATISTICS = ("mean", "std", "min", "max")

Floats = npt.NDArray[np.float64]


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


def each_seed_once(runs: pd.DataFrame) -> pd.DataFrame:
    """Of runs that differ in `order_seed` alone, the one with the lowest.

    Runs that share a seed share their initial parameters and are no independent draws: counted
    several times, they would make intervals too narrow. Where all runs of a configuration have
    the same seed, their orders are what varies, and all are kept.
    """
    keys = [key for key in PARAMS if key not in SEEDS]
    single = runs.groupby(keys)["seed"].transform("nunique") == 1
    first = ~runs.sort_values("order_seed").duplicated([*keys, "seed"])
    return runs[single | first.reindex(runs.index)]


def matching(frame: pd.DataFrame, settings: Mapping[str, object]) -> pd.DataFrame:
    """The rows whose columns have these values."""
    keep = pd.Series(True, index=frame.index)
    for key, value in settings.items():
        keep &= frame[key] == value
    return frame[keep]


def commonest(frame: pd.DataFrame, weights: pd.Series, keys: list[str]) -> pd.DataFrame:
    """The rows with the combination of these keys' values that carries the most weight."""
    if not keys:
        return frame
    best = weights.groupby([frame[key] for key in keys]).sum().idxmax()
    values = best if isinstance(best, tuple) else (best,)
    return matching(frame, dict(zip(keys, values, strict=True)))


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


def wilson(count: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share `count` / `n` (Wilson 1927)."""
    interval = stats.binomtest(count, n).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def prediction_interval(values: Floats, level: float = 0.95) -> tuple[float, float] | None:
    """The interval that one more draw falls into with a probability of at least `level`.

    By order statistics: of n exchangeable values (n,), the next one falls between the r-th
    smallest and the r-th largest with probability (n + 1 - 2 r) / (n + 1), whatever the
    distribution. None where n is too small: 0.95 needs n of at least 39.
    """
    rank = int((1 - level) / 2 * (len(values) + 1) + 1e-9)
    if rank == 0:
        return None
    ordered = np.sort(values)
    return float(ordered[rank - 1]), float(ordered[-rank])


def percentile_of(values: Floats, value: float) -> float:
    """The share of `values` (n,) below `value` in percent; of equal ones, half are below."""
    return float(stats.percentileofscore(values, value, kind="mean"))
