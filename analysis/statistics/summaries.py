"""Runs grouped by configuration, and what each group's runs say over seeds."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.reading import EPOCH_METRICS, PARAMS
from analysis.statistics.intervals import interquartile_mean, mean, median, wilson

SEEDS = ("seed", "order_seed")
SPREAD = ("std", "min", "max")


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


def each_seed_once(runs: pd.DataFrame, ignoring: Sequence[str] = ()) -> pd.DataFrame:
    """Of runs that differ in `order_seed` alone, one: where the two seeds are equal, if there is.

    Else that with the lowest `order_seed`. Runs that share a seed share their initial
    parameters and are no independent draws: counted several times, they would make intervals
    too narrow. Where all runs of a configuration have the same seed, their orders are what
    varies, and all are kept. Keys of `ignoring` do not make a run another one either.
    """
    keys = [key for key in PARAMS if key not in (*SEEDS, *ignoring)]
    single = runs.groupby(keys)["seed"].transform("nunique") == 1
    preferred = runs.assign(elsewhere=runs["order_seed"] != runs["seed"])
    preferred = preferred.sort_values(["elsewhere", "order_seed"], kind="stable")
    first = ~preferred.duplicated([*keys, "seed"])
    again = runs.duplicated([*keys, *SEEDS])
    return runs[(single & ~again) | first.reindex(runs.index)]


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


def untrained(runs: pd.DataFrame, epochs: pd.DataFrame, metric: str) -> "pd.Series[float]":
    """A test metric of each run's untrained model, in the order of the runs."""
    first = epochs[epochs["epoch"] == 0]
    return runs["run_id"].map(first.set_index("run_id")[metric])


def counted(runs: pd.DataFrame, epochs: pd.DataFrame, metric: str) -> "pd.Series[float]":
    """A test metric of each run's last epoch; a run that diverged counts as untrained.

    So that nobody is misled by survivors: who picks a learning rate does not know which runs
    will survive, and of one that does not, the untrained model is all that is left.
    """
    survived = runs["outcome"] != "diverged"
    return runs[metric].where(survived, untrained(runs, epochs, metric))


def summarise(runs: pd.DataFrame, epochs: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One row per configuration without its seeds; of runs that share a seed, one counts.

    `runs` and `epochs` are the frames of `load_runs`; `rng` draws the bootstrap's resamples.

    Columns:
    - the keys of `group_keys`;
    - `runs`, `trained`, `stalled`, `diverged`: numbers of runs, each seed once (see
      `each_seed_once`); `repeats`: further runs of the same seeds, which are left out;
    - `orders`: how many orders of the training examples these runs had;
    - `diverged_share`, with the Wilson interval `_low` and `_high`;
    - of each METRIC of the last epoch over the runs that did not diverge: `METRIC_median`,
      `_iqm` (interquartile mean) and `_mean`, each with its 95 % interval as
      `METRIC_mean_low` and `_high`, then `METRIC_std` (n - 1), `_min` and `_max`; nan where no
      run is left, no `_std` of a single one, no interval of fewer than five;
    - the same figures as `test_acc_all_mean` and so on, over all runs: one that diverged
      counts as its untrained model (`counted`).
    """
    keys = group_keys(runs)
    once = each_seed_once(runs)
    once = once.assign(test_acc_all=counted(once, epochs, "test_acc"))
    groups = once.groupby(keys)
    table = groups.size().to_frame("runs")
    for outcome in ("trained", "stalled", "diverged"):
        found = once["outcome"] == outcome
        table[outcome] = found.groupby([once[key] for key in keys]).sum()
    table["orders"] = groups["order_seed"].nunique()
    table["repeats"] = runs.groupby(keys).size() - table["runs"]
    table["diverged_share"] = table["diverged"] / table["runs"]
    limits = [wilson(count, n) for count, n in zip(table["diverged"], table["runs"], strict=True)]
    table["diverged_share_low"], table["diverged_share_high"] = zip(*limits, strict=True)
    figures = pd.DataFrame([_over_seeds(group, rng) for _, group in groups])
    return pd.concat([table.reset_index(), figures], axis="columns")


def _over_seeds(group: pd.DataFrame, rng: np.random.Generator) -> dict[str, float]:
    """The figures of a summary's row: those of survivors, and test accuracy over all runs."""
    survivors = group[group["outcome"] != "diverged"]
    columns = {metric: survivors[metric] for metric in EPOCH_METRICS}
    columns["test_acc_all"] = group["test_acc_all"]
    figures = {}
    for name, column in columns.items():
        values = column.dropna().to_numpy(float)
        estimates = (median(values), interquartile_mean(values, rng), mean(values))
        for statistic, estimate in zip(("median", "iqm", "mean"), estimates, strict=True):
            figures[f"{name}_{statistic}"] = estimate.value
            figures[f"{name}_{statistic}_low"] = estimate.low
            figures[f"{name}_{statistic}_high"] = estimate.high
        figures |= {f"{name}_{statistic}": column.agg(statistic) for statistic in SPREAD}
    return figures


def varying(summary: pd.DataFrame) -> list[str]:
    """The keys in which the rows of a summary differ; the learning rate always."""
    keys = [key for key in PARAMS if key in summary.columns]
    return [key for key in keys if key == "lr" or summary[key].nunique() > 1]
