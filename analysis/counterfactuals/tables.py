"""What else could have been printed: other losses, other divisions, other seeds and orders."""

from typing import Any

import pandas as pd

from analysis.intervals import wilson
from analysis.runs import PARAMS
from analysis.statistics import SEEDS, each_seed_once, matching

ARTICLE = {"batch_size": 256, "epochs": 5, "init_sigma": 1.0, "division": "python3"}
"""The article's settings beside learning rate, loss and seeds."""

PRINTED = ("train_loss_batch_mean", "train_acc_batch_mean", "test_acc_batch_mean")
"""The article's three figures of an epoch."""

ORDERS = 5
"""Orders of one seed that make its share of diverged runs worth a line."""


def divergences(runs: pd.DataFrame) -> pd.DataFrame:
    """How often, when and of what the runs of each configuration diverge, each seed once.

    One row per configuration without its seeds: its keys, `runs`, `diverged`, the share's 95 %
    Wilson interval `low` and `high`, `update_median`, `update_min` and `update_max` (updates
    completed before the first loss that is not finite; nan where none diverged), and `causes`,
    a dict of counts, the most frequent first.
    """
    keys = [key for key in PARAMS if key not in SEEDS]
    return _shares(each_seed_once(runs), keys)


def over_orders(runs: pd.DataFrame) -> pd.DataFrame:
    """The same for each configuration and seed that was trained in at least five orders."""
    keys = [key for key in PARAMS if key != "order_seed"]
    orders = runs.groupby(keys)["order_seed"].transform("nunique")
    return _shares(runs[orders >= ORDERS], keys)


def _shares(runs: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    rows = []
    for values, group in runs.groupby(keys):
        lost = group[group["outcome"] == "diverged"]
        low, high = wilson(len(lost), len(group))
        row = {**dict(zip(keys, values, strict=True)), "runs": len(group), "diverged": len(lost)}
        row |= {"low": low, "high": high}
        for statistic in ("median", "min", "max"):
            row[f"update_{statistic}"] = lost["diverged_update"].agg(statistic)
        rows.append({**row, "causes": dict(lost["divergence_cause"].value_counts())})
    columns = ["runs", "diverged", "low", "high", "update_median", "update_min", "update_max"]
    return pd.DataFrame(rows, columns=[*keys, *columns, "causes"])


def would_have_printed(runs: pd.DataFrame, epochs: pd.DataFrame, loss: str) -> list[dict[str, Any]]:
    """The article's table as this form of the loss prints it, over seeds.

    One row per learning rate and epoch: `lr`, `epoch`, `runs` (survivors), and for each of the
    article's figures `NAME`, `NAME_low`, `NAME_high`: median, smallest and largest.
    """
    ours = each_seed_once(matching(runs, {**ARTICLE, "loss": loss}))
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


def best_rate_by_seed(runs: pd.DataFrame, loss: str) -> dict[float, int]:
    """How many seeds have their best final test accuracy at each learning rate.

    Only seeds that were trained at every learning rate count; a run that diverged is never the
    best. Numbers of seeds by learning rate, the largest first.
    """
    ours = each_seed_once(matching(runs, {**ARTICLE, "loss": loss}))
    table = ours.pivot(index="seed", columns="lr", values="run_id").dropna()
    survived = ours[ours["seed"].isin(table.index) & (ours["outcome"] != "diverged")]
    best = survived.sort_values("test_acc").groupby("seed")["lr"].last()
    return dict(best.value_counts())
