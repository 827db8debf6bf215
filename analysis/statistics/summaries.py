"""Runs grouped by configuration, and what each group's runs say over seeds."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.reading import EPOCH_METRICS, PARAMS
from analysis.statistics.design import SEEDS, Labels, choose, independent_rows, seeds_and_orders
from analysis.statistics.intervals import Estimate
from analysis.statistics.two_way import interquartile_mean, mean, median, share
from runner.records import OUTCOMES

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


def counting(runs: pd.DataFrame, ignoring: Sequence[str] = ()) -> pd.DataFrame:
    """The runs that count, of each configuration those that `design.choose` takes.

    Keys of `ignoring` do not make a run another configuration.
    """
    return _chosen(runs, ignoring, lambda seeds, orders: choose(seeds, orders).rows)


def each_seed_once(runs: pd.DataFrame, ignoring: Sequence[str] = ()) -> pd.DataFrame:
    """The same, each seed once: of crossed runs as many as share neither seed nor order.

    For what takes runs one by one, as a curve of each; an estimate takes all of `counting`. Where
    a configuration has one seed only, its orders count.
    """
    return _chosen(runs, ignoring, independent_rows)


def _chosen(
    runs: pd.DataFrame, ignoring: Sequence[str], rows: Callable[[Labels, Labels], Labels]
) -> pd.DataFrame:
    keys = [key for key in PARAMS if key not in (*SEEDS, *ignoring)]
    places = np.arange(len(runs))
    kept = [
        places[found][rows(*(runs[seed].to_numpy()[found] for seed in SEEDS))]
        for found in runs.groupby(keys).indices.values()
    ]
    return runs.iloc[np.sort(np.concatenate([*kept, places[:0]]))]


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


def possible(metric: str) -> tuple[float, float]:
    """The least and the largest value of a metric: a share of examples, or a loss."""
    return (0.0, 1.0) if "acc" in metric else (0.0, np.inf)


def summarise(runs: pd.DataFrame, epochs: pd.DataFrame) -> pd.DataFrame:
    """One row per configuration without its seeds, over the runs that count (see `counting`).

    `runs` and `epochs` are the frames of `load_runs`.

    Columns:
    - the keys of `group_keys`;
    - `runs`, `trained`, `stalled`, `diverged`: numbers of runs that count; `repeats`: further
      runs of the same settings, which are left out;
    - `design`: how the runs share their seeds (see `design.Design`), and so what the intervals
      speak of; `seeds` and `orders`: how many different ones these runs had;
    - `diverged_share`, with its interval `_low` and `_high`;
    - of each METRIC of the last epoch over the runs that did not diverge: `METRIC_median`,
      `_iqm` (interquartile mean) and `_mean`, each with its 95 % interval as
      `METRIC_mean_low` and `_high`, then `METRIC_std` (n - 1), `_min` and `_max`; nan where no
      run is left, no `_std` of a single one, no interval of fewer than five;
    - the same figures as `test_acc_all_mean` and so on, over all runs: one that diverged
      counts as its untrained model (`counted`).
    """
    keys = group_keys(runs)
    every = runs.assign(test_acc_all=counted(runs, epochs, "test_acc"))
    rows = []
    for values, group in every.groupby(keys):
        design = choose(*seeds_and_orders(group))
        chosen = group.iloc[design.rows]
        rows.append(
            {
                **dict(zip(keys, values, strict=True)),
                "runs": len(chosen),
                **{name: int((chosen["outcome"] == name).sum()) for name in OUTCOMES},
                "design": design.kind,
                "seeds": chosen["seed"].nunique(),
                "orders": chosen["order_seed"].nunique(),
                "repeats": len(group) - len(chosen),
                **_over_runs(chosen),
            }
        )
    return pd.DataFrame(rows)


def _over_runs(runs: pd.DataFrame) -> dict[str, float]:
    """The figures of a summary's row: those of survivors, and test accuracy over all runs."""
    lost = runs["outcome"] == "diverged"
    labels = seeds_and_orders(runs)
    figures = _columns("diverged_share", share(lost, *labels))
    for metric in (*EPOCH_METRICS, "test_acc_all"):
        kept = runs[metric].notna() & (~lost | (metric == "test_acc_all"))
        column, seeds, orders = (runs.loc[kept, name] for name in (metric, *SEEDS))
        sample = (column.to_numpy(float), seeds.to_numpy(), orders.to_numpy())
        for statistic, estimate in (
            ("median", median), ("iqm", interquartile_mean), ("mean", mean)
        ):  # fmt: skip
            found = estimate(*sample).within(*possible(metric))
            figures |= _columns(f"{metric}_{statistic}", found)
        figures |= {f"{metric}_{statistic}": column.agg(statistic) for statistic in SPREAD}
    return figures


def _columns(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def varying(summary: pd.DataFrame) -> list[str]:
    """The keys in which the rows of a summary differ; the learning rate always."""
    keys = [key for key in PARAMS if key in summary.columns]
    return [key for key in keys if key == "lr" or summary[key].nunique() > 1]
