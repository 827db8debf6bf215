"""The printed figures put beside ours: is a printed training one that our program could print?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from analysis.formatting import command
from analysis.printed.joint_test import PValues, assess, rank_p_value
from analysis.printed.table import Figure, PrintedSequence
from analysis.statistics import (
    Floats,
    commonest,
    each_seed_once,
    matching,
    percentile_of,
    prediction_interval,
)
from runner.data import FASHION_MNIST

ENOUGH = 60
"""Runs, and orders of the examples among them, that a verdict needs. (An interval needs 39.)"""

FEWEST_ORDERS = 39
"""Orders that an interval for one more draw needs, as it needs as many runs."""

DATA = ("data.name", "data.train_limit", "data.test_limit")
"""The keys that say which examples a run had."""

OFFICIAL: Mapping[str, object] = {
    "data.name": FASHION_MNIST.name,
    **{f"data.{split}_limit": count for split, count in FASHION_MNIST.examples.items()},
}
"""All of the official data."""

MOST_RUNS = 10 * ENOUGH
"""Runs of which sixty should survive; where more are needed, nobody is told to train them."""

LEVEL = 0.05
"""The chance of calling any sequence not consistent that our program printed, over all of them."""


@dataclass(frozen=True)
class FigureCheck:
    """One printed figure in the distribution of ours, rounded to its decimals.

    `low` and `high` are the 95 % prediction interval, None where there are fewer than 39 runs or
    these had fewer than 39 orders.
    """

    figure: Figure
    median: float
    low: float | None
    high: float | None
    percentile: float

    @property
    def inside(self) -> bool | None:
        """Whether the printed value lies in the prediction interval."""
        if self.low is None or self.high is None:
            return None
        return self.low <= self.figure.value <= self.high


@dataclass(frozen=True)
class Comparison:
    """A printed sequence beside `runs` of ours with its settings, `alive` at its last step.

    The printed run had initial parameters and an order of its own, so ours must vary both:
    `orders` is the number of different orders among those alive.

    `p_values` are the joint test's under three assumptions on the distribution. The largest of
    them is `p_value`, and after Holm's correction over all sequences `p_holm`; the smallest so
    corrected is `least_p_holm`. `rank_p_value` needs no assumption, and cannot be small. All are
    None where fewer than 60 runs, or runs in fewer than 60 orders, are alive.

    `own_rejected` is the share of these runs whose own `p_value` beside the others is below 5 %,
    and `own_rejected_corrected` that below 5 % divided by the number of sequences, where Holm's
    correction begins: they should be no larger than these levels. `lost` runs had diverged by
    the step at which the printed loss is nan (0 where it never is).
    """

    printed: PrintedSequence
    runs: int
    alive: int
    orders: int
    lost: int
    checks: tuple[FigureCheck, ...]
    p_values: PValues | None = None
    rank_p_value: float | None = None
    own_p_values: tuple[float, ...] = ()
    p_holm: float | None = None
    least_p_holm: float | None = None
    judged: int = 0

    @property
    def p_value(self) -> float | None:
        """The largest of the joint test's p-values: what every assumption allows to say."""
        return None if self.p_values is None else max(self.p_values)

    @property
    def own_rejected(self) -> float | None:
        """The share of our runs that the test rejects at 5 %, each beside the others."""
        return self._own_below(LEVEL)

    @property
    def own_rejected_corrected(self) -> float | None:
        """The same at 5 % divided by the number of sequences that are judged."""
        return self._own_below(LEVEL / max(1, self.judged))

    def _own_below(self, level: float) -> float | None:
        return float(np.mean(np.array(self.own_p_values) < level)) if self.own_p_values else None

    @property
    def verdict(self) -> str:
        """What can be said, after Holm's correction.

        - `not consistent`: no assumption on the distribution makes it one of ours;
        - `undecided`: it depends on the assumption;
        - `not distinguishable`: nothing speaks against it, which is no proof of it;
        - `too few runs`, `too few orders`: to judge;
        - `no figure`: was printed before the loss was nan.
        """
        if not self.printed.figures:
            return "no figure"
        if self.p_holm is None or self.least_p_holm is None:
            shared = self.orders < min(self.alive, ENOUGH)  # then more runs alone would not do
            return "too few orders" if shared else "too few runs"
        if self.p_holm < LEVEL:
            return "not consistent"
        return "undecided" if self.least_p_holm < LEVEL else "not distinguishable"


def data_of(runs: pd.DataFrame) -> dict[str, Any]:
    """Which examples most of these runs had, as `compare` takes it."""
    rows = commonest(runs, pd.Series(1, index=runs.index), list(DATA))
    return {key: rows[key].iloc[0] for key in DATA}


def compare(
    printed: Sequence[PrintedSequence],
    runs: pd.DataFrame,
    epochs: pd.DataFrame,
    data: Mapping[str, object] = OFFICIAL,
) -> list[Comparison]:
    """Compare each printed sequence with the runs that have its settings, each seed once.

    `runs` and `epochs` are the frames of `load_runs`, `data` the examples that the runs must have
    had. A sequence without such runs is left out.
    """
    found = [_compare(one, runs, epochs, data) for one in printed]
    compared = [one for one in found if one is not None]
    tested = {one.printed: one.p_values for one in compared if one.p_values is not None}
    if not tested:
        return compared
    largest, smallest = (
        dict(zip(tested, multipletests(values, method="holm")[1].tolist(), strict=True))
        for values in (list(map(max, tested.values())), list(map(min, tested.values())))
    )
    return [
        replace(
            one,
            judged=len(tested),
            p_holm=largest.get(one.printed),
            least_p_holm=smallest.get(one.printed),
        )
        for one in compared
    ]


def training_command(
    printed: PrintedSequence, beside: Comparison | None, data: Mapping[str, object]
) -> str | None:
    """What trains the runs that a printed sequence still needs for a verdict.

    `beside` is its comparison so far. None where it has a verdict, or fewer than one in ten of the
    runs that it has survived: then more will hardly help. Seeds are as many as should leave sixty
    survivors, given the share that survived; what is finished is not trained again.
    """
    seeds = ENOUGH
    if beside:
        if beside.p_values or beside.verdict == "no figure":
            return None
        if beside.alive * MOST_RUNS < beside.runs * ENOUGH:
            return None
        seeds = math.ceil(ENOUGH * beside.runs / beside.alive)
    settings = {**printed.settings, **data, "epochs": max(printed.steps)}
    return command({**settings, "seed": f"range(1,{seeds + 1})"})


def _compare(
    printed: PrintedSequence,
    runs: pd.DataFrame,
    epochs: pd.DataFrame,
    data: Mapping[str, object],
) -> Comparison | None:
    last = max(printed.steps)
    ours = matching(runs, {**printed.settings, **data})
    ours = each_seed_once(ours[ours["epochs"] >= last], ignoring=("on_divergence",))
    if ours.empty:
        return None
    table = epochs[epochs["run_id"].isin(ours["run_id"])].pivot(index="run_id", columns="epoch")
    wanted = table.reindex(columns=[(one.metric, one.step) for one in printed.figures])
    columns = [
        np.round(wanted.iloc[:, place].to_numpy(float), figure.decimals)
        for place, figure in enumerate(printed.figures)
    ]
    values = np.array(columns).reshape(len(columns), len(wanted)).T
    finite = np.isfinite(values).all(axis=1)
    values = values[finite]
    alive = ours[ours["run_id"].isin(wanted.index[finite])]
    compared = Comparison(
        printed=printed,
        runs=len(ours),
        alive=len(values),
        orders=alive["order_seed"].nunique(),
        lost=int((ours["diverged_epoch"] <= (printed.diverged_step or 0)).sum()),
        checks=tuple(
            _check(figure, column, alive["order_seed"].nunique())
            for figure, column in zip(printed.figures, values.T, strict=True)
        )
        if len(values)
        else (),
    )
    if min(compared.alive, compared.orders) < ENOUGH or not printed.figures:
        return compared
    losses = np.array(["loss" in figure.metric for figure in printed.figures])
    point = np.array([figure.value for figure in printed.figures])
    sample, point = (np.where(losses, np.log(array), array) for array in (values, point))
    found, own = assess(sample, point)
    return replace(
        compared,
        p_values=found,
        rank_p_value=rank_p_value(sample, point),
        own_p_values=tuple(map(float, own)),
    )


def _check(figure: Figure, values: Floats, orders: int) -> FigureCheck:
    """The interval of one more draw in a new order, so only of runs that vary the order enough."""
    low, high = prediction_interval(values) or (None, None)
    if orders < FEWEST_ORDERS:
        low = high = None
    return FigureCheck(
        figure, float(np.median(values)), low, high, percentile_of(values, figure.value)
    )
