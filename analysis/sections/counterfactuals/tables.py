"""What else could have been printed: other losses, other divisions, other seeds and orders."""

from typing import Any

import pandas as pd

from analysis.printed import ARTICLE, PRINTED
from analysis.reading import PARAMS
from analysis.statistics import SEEDS, counting, matching, median, seeds_and_orders, share

ARTICLE_SEEDS = (1, 2)
"""Of one the article says that it always fails, of the other that it never does."""

ORDERS = 5
"""Orders of one seed that make its share of diverged runs worth a line."""


def divergences(runs: pd.DataFrame) -> pd.DataFrame:
    """How often, when and of what the runs of each configuration that count diverge.

    One row per configuration without its seeds: its keys, `runs`, `diverged`, the share's 95 %
    interval `low` and `high`; of the updates completed before the first loss that is not finite
    `update_median` with its 95 % interval `update_low` and `update_high`, `update_min` and
    `update_max` (nan where none diverged); and `causes`, a dict of counts, the most frequent
    first. Intervals allow for seeds crossed with orders. `on_divergence` tells no runs apart:
    it decides what comes afterwards.
    """
    keys = [key for key in PARAMS if key not in (*SEEDS, "on_divergence")]
    return _shares(counting(runs, ignoring=("on_divergence",)), keys)


def over_orders(runs: pd.DataFrame) -> pd.DataFrame:
    """The same for the article's two seeds, where they were trained in at least five orders."""
    runs = runs[runs["seed"].isin(ARTICLE_SEEDS)]
    keys = [key for key in PARAMS if key not in ("order_seed", "on_divergence")]
    orders = runs.groupby(keys)["order_seed"].transform("nunique")
    return _shares(runs[orders >= ORDERS], keys)


def _shares(runs: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    rows = []
    for values, group in runs.groupby(keys):
        lost = group[group["outcome"] == "diverged"]
        _, low, high = share(group["outcome"] == "diverged", *seeds_and_orders(group))
        row = {**dict(zip(keys, values, strict=True)), "runs": len(group), "diverged": len(lost)}
        row |= {"low": low, "high": high}
        updates = lost["diverged_update"]
        middle = median(updates.to_numpy(float), *seeds_and_orders(lost))
        row |= {"update_median": middle.value, "update_low": middle.low}
        row |= {"update_high": middle.high}
        row |= {"update_min": updates.min(), "update_max": updates.max()}
        rows.append({**row, "causes": dict(lost["divergence_cause"].value_counts())})
    figures = [f"update_{name}" for name in ("median", "low", "high", "min", "max")]
    columns = [*keys, "runs", "diverged", "low", "high", *figures, "causes"]
    return pd.DataFrame(rows, columns=columns)


def would_have_printed(runs: pd.DataFrame, epochs: pd.DataFrame, loss: str) -> list[dict[str, Any]]:
    """The article's table as this form of the loss prints it, over the runs that count.

    One row per learning rate and epoch: `lr`, `epoch`, `runs` (survivors), and for each of the
    article's figures `NAME`, `NAME_low`, `NAME_high`: median, smallest and largest.
    """
    ours = counting(matching(runs, {**ARTICLE, "loss": loss}))
    survivors = ours[ours["outcome"] != "diverged"]
    rows = epochs[epochs["run_id"].isin(survivors["run_id"]) & (epochs["epoch"] > 0)]
    table = []
    for (lr, epoch), group in rows.groupby(["lr", "epoch"]):
        row = {"lr": lr, "epoch": epoch, "runs": len(group)}
        for name in PRINTED:
            row |= {name: group[name].median()}
            row |= {f"{name}_low": group[name].min(), f"{name}_high": group[name].max()}
        table.append(row)
    return sorted(table, key=lambda row: (-row["lr"], row["epoch"]))
