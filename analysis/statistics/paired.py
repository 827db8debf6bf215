"""Configurations compared on the same seeds.

Two runs of one seed start from the same parameters, so their difference says more about the
configurations than the difference of two runs of any seeds. Accuracies are those after the last
epoch; a run that diverged counts as its untrained model.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.reading import PARAMS
from analysis.statistics.intervals import (
    FEWEST,
    RESAMPLES,
    Estimate,
    Floats,
    expanded,
    mean,
    middle,
    wilson,
)
from analysis.statistics.summaries import SEEDS, counted


@dataclass(frozen=True)
class PairedComparison:
    """Two configurations on `pairs` seeds; each difference is the first's minus the second's.

    `improvement` is the probability that the first is above the second on a seed.
    """

    pairs: int
    improvement: Estimate
    mean_difference: Estimate
    iqm_difference: Estimate


def compare_pairs(first: Floats, second: Floats, rng: np.random.Generator) -> PairedComparison:
    """Compare the values of two configurations, `first` (n,) and `second` (n,), seed by seed."""
    return PairedComparison(
        pairs=len(first),
        improvement=probability_of_improvement(first, second),
        mean_difference=mean(first - second),
        iqm_difference=iqm_difference(first, second, rng),
    )


def probability_of_improvement(first: Floats, second: Floats) -> Estimate:
    """The share of pairs in which `first` (n,) is above `second` (n,), by Wilson's interval.

    Of equal values half count, as where both runs of a seed diverged.
    """
    above = float((first > second).sum() + (first == second).sum() / 2)
    if len(first) < FEWEST:
        return Estimate(above / len(first) if len(first) else np.nan)
    return Estimate(above / len(first), *wilson(above, len(first)))


def iqm_difference(first: Floats, second: Floats, rng: np.random.Generator) -> Estimate:
    """The difference of two interquartile means, by a paired bootstrap.

    Pairs are resampled, so that what a seed does to both `first` (n,) and `second` (n,) cancels.
    The interval is an expanded percentile one, as `intervals.interquartile_mean`'s.
    """
    n = len(first)
    if n == 0:
        return Estimate(np.nan)
    difference = float(middle(first[None])[0] - middle(second[None])[0])
    if n < FEWEST:
        return Estimate(difference)
    drawn = rng.integers(n, size=(RESAMPLES, n))
    low, high = np.quantile(middle(first[drawn]) - middle(second[drawn]), expanded(n))
    return Estimate(difference, float(low), float(high))


def accuracies(runs: pd.DataFrame, epochs: pd.DataFrame) -> pd.DataFrame:
    """What is compared: the keys of each run, its `accuracy`, and whether it `survived`.

    `runs` and `epochs` are the frames of `load_runs`; `accuracy` is the test accuracy after
    the last epoch, or untrained where the run diverged.
    """
    table = runs[list(PARAMS)].copy()
    table["accuracy"] = counted(runs, epochs, "test_acc")
    table["survived"] = runs["outcome"] != "diverged"
    return table


def same_seeds(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """The runs of two configurations that share `seed` and `order_seed`, side by side.

    `first` and `second` are rows of `accuracies`, each of one configuration. Of pairs that share
    a seed the one with the lowest `order_seed` counts, unless the order is all that varies.

    Columns: `seed`, `order_seed`, `first` and `second` (accuracies) and `survived` (whether
    both runs did).
    """
    seeds = list(SEEDS)
    columns = [*seeds, "accuracy", "survived"]  # trained anew on other data, a seed counts once
    sides = [side[columns].drop_duplicates(seeds) for side in (first, second)]
    pairs = sides[0].merge(sides[1], on=seeds).sort_values(seeds)
    pairs["survived"] = pairs.pop("survived_x") & pairs.pop("survived_y")
    pairs = pairs.rename(columns={"accuracy_x": "first", "accuracy_y": "second"})
    if pairs["seed"].nunique() > 1:
        pairs = pairs.drop_duplicates("seed")
    return pairs.reset_index(drop=True)


def compare_values(
    runs: pd.DataFrame, epochs: pd.DataFrame, key: str, rng: np.random.Generator
) -> pd.DataFrame:
    """Every two values of a key, as the learning rate, compared on the same seeds.

    One row per two values and configuration that is equal in all other keys but the seeds:
    these keys, `first` and `second` (values of `key`, the larger first), `pairs`, `survived`
    (pairs in which both runs did), then `improvement`, `mean_difference` and `iqm_difference`
    over all pairs, each with its 95 % interval as `_low` and `_high`, and the same over the
    pairs in which both survived as `survivors_improvement` and so on. Values without a common
    seed have no row.
    """
    others = [name for name in PARAMS if name not in (key, *SEEDS)]
    rows = []
    for values, group in accuracies(runs, epochs).groupby(others):
        for (second, lower), (first, higher) in combinations(group.groupby(key), 2):
            pairs = same_seeds(higher, lower)
            if len(pairs):
                rows.append(
                    {
                        **dict(zip(others, values, strict=True)),
                        **{"first": first, "second": second, "pairs": len(pairs)},
                        "survived": int(pairs["survived"].sum()),
                        **_columns("", pairs, rng),
                        **_columns("survivors_", pairs[pairs["survived"]], rng),
                    }
                )
    return pd.DataFrame(rows)


def _columns(prefix: str, pairs: pd.DataFrame, rng: np.random.Generator) -> dict[str, float]:
    compared = compare_pairs(pairs["first"].to_numpy(float), pairs["second"].to_numpy(float), rng)
    columns = {}
    for name in ("improvement", "mean_difference", "iqm_difference"):
        estimate: Estimate = getattr(compared, name)
        columns[f"{prefix}{name}"] = estimate.value
        columns[f"{prefix}{name}_low"] = estimate.low
        columns[f"{prefix}{name}_high"] = estimate.high
    return columns
