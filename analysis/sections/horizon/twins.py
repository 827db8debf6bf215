"""Twins: runs of one configuration that differ in the last bit of one weight, side by side.

Such a bit is the least by which two correct programs can differ; what becomes of it, training
decides. The spread that it makes is put beside those that seed and order make.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.reading import PARAMS
from analysis.statistics import SEEDS, Floats, commonest, matching, variance_by_seeds
from runner.configuration import LOSS_NAMES

BY = ("loss", "lr")

ACCURACY, LOSS = "test_acc", "test_loss"


@dataclass(frozen=True, eq=False)
class Twins:
    """Twins of one form and learning rate; differences are those of runs that both survived.

    `families` are runs with their twins, `pairs` a run and one twin; `died` counts the pairs in
    which both diverged, `elsewhere` those of them that died after another number of updates,
    `one_died` the pairs in which one survived. `differences` (n,) are those in test accuracy after
    the last epoch, `growth` the median relative difference in test loss by epoch, from 0.

    `rounding`, `seed` and `order` are standard deviations of that accuracy: within families, and
    between seeds and orders of the study; nan where they are not known.
    """

    loss: str
    lr: float
    families: int
    pairs: int
    died: int
    elsewhere: int
    one_died: int
    differences: Floats
    growth: Mapping[int, float]
    rounding: float
    seed: float
    order: float

    @property
    def end(self) -> float:
        """The median relative difference in test loss after the last epoch; nan of no pair."""
        return self.growth[max(self.growth)] if self.growth else np.nan

    @property
    def median(self) -> float:
        """The median difference in test accuracy; nan where no pair survived."""
        return float(np.median(self.differences)) if len(self.differences) else np.nan

    @property
    def largest(self) -> float:
        """The largest difference in test accuracy; nan where no pair survived."""
        return float(self.differences.max()) if len(self.differences) else np.nan


def find_twins(runs: pd.DataFrame, epochs: pd.DataFrame) -> list[Twins]:
    """The twins of each form and learning rate, at the commonest values of the other keys.

    `runs` and `epochs` are the frames of `load_runs`. Learning rates descend.
    """
    keys = [key for key in PARAMS if key not in (*BY, "rounding", *SEEDS)]
    runs = runs.drop_duplicates(list(PARAMS))  # trained anew on other files, a run counts once
    drawn, flipped = runs[runs["rounding"] == 0], runs[runs["rounding"] != 0]
    own = [*keys, *BY, *SEEDS]
    columns = ["run_id", "outcome", "diverged_update", ACCURACY]
    pairs = drawn[[*own, *columns]].merge(flipped[[*own, *columns]], on=own)
    if pairs.empty:
        return []
    pairs = commonest(pairs, pd.Series(1, index=pairs.index), keys)
    settings = {key: pairs[key].iloc[0] for key in keys}
    variances = variance_by_seeds(matching(drawn, settings), ACCURACY)
    losses = epochs.pivot(index="run_id", columns="epoch", values=LOSS)
    return [
        _twins(loss, lr, group, losses, _spreads(variances, loss, lr))
        for lr in sorted(pairs["lr"].unique(), reverse=True)
        for loss in LOSS_NAMES
        if len(group := matching(pairs, {"loss": loss, "lr": lr}))
    ]


def _twins(
    loss: str, lr: float, pairs: pd.DataFrame, losses: pd.DataFrame, spreads: tuple[float, float]
) -> Twins:
    lost = [pairs[f"outcome_{side}"] == "diverged" for side in "xy"]
    alive, dead = ~lost[0] & ~lost[1], lost[0] & lost[1]
    both = pairs[alive]
    first, second = (losses.loc[both[f"run_id_{side}"]].to_numpy(float) for side in "xy")
    relative = np.abs(second / first - 1)
    moved = pairs["diverged_update_x"] != pairs["diverged_update_y"]
    return Twins(
        loss=loss,
        lr=lr,
        families=pairs["run_id_x"].nunique(),
        pairs=len(pairs),
        died=int(dead.sum()),
        elsewhere=int((dead & moved).sum()),
        one_died=int((lost[0] != lost[1]).sum()),
        differences=(both[f"{ACCURACY}_y"] - both[f"{ACCURACY}_x"]).abs().to_numpy(float),
        growth={
            int(epoch): float(np.median(column))
            for epoch, column in zip(losses.columns, relative.T, strict=True)
            if len(column) and np.isfinite(column).all()
        },
        rounding=_within_families(both),
        seed=spreads[0],
        order=spreads[1],
    )


def _within_families(both: pd.DataFrame) -> float:
    """The standard deviation of accuracy within families of twins; nan where there is none."""
    squares, degrees = 0.0, 0
    for _, family in both.groupby("run_id_x"):
        values = np.append(family[f"{ACCURACY}_y"], family[f"{ACCURACY}_x"].iloc[0])
        squares += float(((values - values.mean()) ** 2).sum())
        degrees += len(values) - 1
    return float(np.sqrt(squares / degrees)) if degrees else np.nan


def _spreads(variances: pd.DataFrame, loss: str, lr: float) -> tuple[float, float]:
    """The standard deviations between seeds and between orders, of a form at a learning rate."""
    rows = variances if variances.empty else matching(variances, {"loss": loss, "lr": lr})
    if rows.empty:
        return np.nan, np.nan
    seed, order = (float(np.sqrt(max(rows[key].iloc[0], 0))) for key in SEEDS)
    return seed, order
