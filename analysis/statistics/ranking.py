"""Which setting is the best, and when nobody can say: claims that an interval bears out.

Settings are compared by their mean test accuracy on the same seeds and orders; a run that
diverged counts as its untrained model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.reading import PARAMS
from analysis.statistics import two_way
from analysis.statistics.design import SEEDS, Labels, seeds_and_orders
from analysis.statistics.intervals import FEWEST, Estimate, Floats
from analysis.statistics.needed import Needed, needed
from analysis.statistics.paired import accuracies, same_seeds
from analysis.statistics.summaries import counting
from analysis.statistics.survival import updates_per_epoch

LEVEL = 0.05
"""The chance of calling a setting the best that is not, over all comparisons."""


@dataclass(frozen=True)
class Setting:
    """One setting: its `keys`, how many `runs` count, and what they say.

    `mean` is over all runs that count, `diverged` the share of them that diverged, and `updates`
    what a run costs: the updates of all its epochs.
    """

    keys: dict[str, Any]
    runs: int
    mean: float
    diverged: float
    updates: int


@dataclass(frozen=True)
class Ranking:
    """The setting with the highest mean, and what can be said of it.

    - `best`: the setting of the highest mean, whether or not it is claimed to be the best; another
      where that is found to be worse than it on the seeds and orders that both have;
    - `tied`: the settings of which nothing shows that they are worse, `best` first;
    - `uncompared`: those that share too few seeds and orders with it;
    - `preferred`: of `tied` the safest, which lost the smallest share of its runs, of equally safe
      ones the cheapest (the fewest updates), of these the one with the most runs, so that it is the
      best known, then the one with the highest mean;
    - `differences`: `best` minus each other setting of `settings`, with intervals that hold
      together; without bounds where too few pairs were run;
    - `needed`: of each rival in `tied` (without `best`) what would tell it from `best`; None where
      its pairs do not say.
    """

    settings: tuple[Setting, ...]
    best: Setting
    tied: tuple[Setting, ...]
    uncompared: tuple[Setting, ...]
    preferred: Setting
    differences: tuple[Estimate, ...] = field(default=())
    needed: tuple[Needed | None, ...] = field(default=())

    @property
    def lead(self) -> Estimate:
        """By how much `best` is above the setting that comes nearest, by the interval's low end."""
        return min(self.differences, key=lambda one: one.low)

    @property
    def claimed(self) -> bool:
        """Whether `best` is the best: above every other setting beyond doubt."""
        return len(self.tied) == 1 and not self.uncompared


def rank(runs: pd.DataFrame, epochs: pd.DataFrame, keys: Sequence[str]) -> Ranking:
    """Rank the settings that differ in `keys`; all other keys but the seeds must agree.

    The setting of the highest mean is compared with each of the m - 1 others by the paired
    difference of accuracy on the seeds and orders that both have. Intervals are of the level
    1 - 0.05 / (m - 1) (Bonferroni): a wrong claim needs one of the m - 1 intervals of the setting
    that is truly the best to miss, so that its chance is at most 5 % where the intervals hold
    their level.

    Raises `ValueError` where another key varies.
    """
    odd = [key for key in PARAMS if key not in (*keys, *SEEDS) and runs[key].nunique() > 1]
    if odd:
        raise ValueError(f"settings must differ in {', '.join(keys)} only, not in {odd[0]}")
    table = accuracies(runs, epochs)
    groups = [group for _, group in table.groupby(list(keys))]
    settings = tuple(_setting(group, keys) for group in groups)
    level = 1 - LEVEL / max(1, len(settings) - 1)
    places = sorted(range(len(settings)), key=lambda place: -settings[place].mean)

    @cache
    def differences_of(first: int) -> dict[int, Estimate]:
        others = [place for place in range(len(settings)) if place != first]
        return {place: _difference(groups[first], groups[place], level) for place in others}

    def is_beaten(first: int) -> bool:  # on its pairs, which may be fewer than its runs
        return any(one.high < 0 for one in differences_of(first).values())

    first = next((place for place in places if not is_beaten(place)), places[0])
    known = differences_of(first)
    others = list(known)
    uncompared = tuple(settings[place] for place in others if np.isnan(known[place].low))
    rivals = [place for place in others if known[place].low <= 0]
    tied = (settings[first], *(settings[place] for place in rivals))
    return Ranking(
        settings=(settings[first], *(settings[place] for place in others)),
        best=settings[first],
        tied=tied,
        uncompared=uncompared,
        preferred=min(tied, key=lambda one: (one.diverged, one.updates, -one.runs, -one.mean)),
        differences=tuple(known.values()),
        needed=tuple(_needed(groups[first], groups[place], level) for place in rivals),
    )


def learned(runs: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The runs of those settings in which one or more learned: no other can be the best."""
    trained = (runs["outcome"] == "trained").groupby([runs[key] for key in keys])
    return runs[trained.transform("any")]


def _setting(group: pd.DataFrame, keys: Sequence[str]) -> Setting:
    chosen = counting(group)
    first = chosen.iloc[0]
    return Setting(
        keys={key: first[key] for key in keys},
        runs=len(chosen),
        mean=float(chosen["accuracy"].mean()),
        diverged=float(1 - chosen["survived"].mean()),
        updates=int(updates_per_epoch(chosen).iloc[0] * first["epochs"]),
    )


def _difference(first: pd.DataFrame, second: pd.DataFrame, level: float) -> Estimate:
    """The mean difference on the pairs that both have, with an interval of this level."""
    values, seeds, orders = _pairs(first, second)
    if len(values) < FEWEST:
        return Estimate(float(np.mean(values)) if len(values) else np.nan)
    return two_way.mean(values, seeds, orders, level).within(-1, 1)


def _needed(first: pd.DataFrame, second: pd.DataFrame, level: float) -> Needed | None:
    return needed(*_pairs(first, second), level)


def _pairs(first: pd.DataFrame, second: pd.DataFrame) -> tuple[Floats, Labels, Labels]:
    """The differences of accuracy on the pairs that both have, with their seeds and orders."""
    pairs = same_seeds(first, second)
    return (pairs["first"] - pairs["second"]).to_numpy(float), *seeds_and_orders(pairs)


@dataclass(frozen=True)
class FormsRanked:
    """The forms of the loss, like with like.

    - `alone`: each form over all learning rates it was run at, by its name; a form that learned at
      none is not there;
    - `common`: the learning rates that all forms were run at, the largest first;
    - `together`: all forms at these rates; None where there are fewer than two forms, no common
      rate, or none at which something learned.
    """

    alone: dict[str, Ranking]
    common: tuple[float, ...]
    together: Ranking | None


def rank_forms(runs: pd.DataFrame, epochs: pd.DataFrame) -> FormsRanked:
    """Rank each form of the loss over its own learning rates, and all over their common ones.

    `runs` differ in `loss`, `lr` and the seeds only. Raises `ValueError` where another key varies.
    """
    rates = {str(form): set(group["lr"]) for form, group in runs.groupby("loss")}
    able = learned(runs, ["loss", "lr"])
    alone = {str(form): rank(group, epochs, ["lr"]) for form, group in able.groupby("loss")}
    common = tuple(sorted(set.intersection(*rates.values()), reverse=True))
    shared = able[able["lr"].isin(common)]
    together = rank(shared, epochs, ["loss", "lr"]) if len(rates) > 1 and len(shared) else None
    return FormsRanked(alone, common, together)
