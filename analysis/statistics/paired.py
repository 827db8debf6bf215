"""Configurations compared on the same seeds.

Two runs of one seed and one order start from the same parameters and see the same examples, so
their difference says more about the configurations than that of any two runs. Accuracies are
those after the last epoch; a run that diverged counts as its untrained model.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.reading import PARAMS
from analysis.statistics import two_way
from analysis.statistics.design import SEEDS, Kind, Labels, choose, seeds_and_orders
from analysis.statistics.intervals import FEWEST, Estimate, Floats
from analysis.statistics.needed import Needed, needed
from analysis.statistics.summaries import counted

COMPARED = ("lr", "loss", "batch_size", "init_sigma", "division", "epochs")
"""The keys whose values are compared. (What a run does once it has diverged is no such key.)"""


@dataclass(frozen=True)
class PairedComparison:
    """Two configurations on `pairs` seeds; each difference is the first's minus the second's.

    `improvement` is the probability that the first is above the second on a seed. `needed` is what
    would settle the sign of `mean_difference`; None where it is settled, or nothing can be said.
    """

    pairs: int
    improvement: Estimate
    mean_difference: Estimate
    iqm_difference: Estimate
    needed: Needed | None


def compare_pairs(first: Floats, second: Floats, seeds: Labels, orders: Labels) -> PairedComparison:
    """Compare the accuracies of two configurations, `first` (n,) and `second` (n,), by pairs.

    `seeds` (n,) and `orders` (n,) are those of the pairs; where they cross, intervals are two-way.
    """
    difference = two_way.mean(first - second, seeds, orders) if len(first) else Estimate(np.nan)
    undecided = difference.low <= 0 <= difference.high
    return PairedComparison(
        pairs=len(first),
        improvement=probability_of_improvement(first, second, seeds, orders),
        mean_difference=difference.within(-1, 1),
        iqm_difference=two_way.iqm_difference(first, second, seeds, orders).within(-1, 1),
        needed=needed(first - second, seeds, orders) if undecided else None,
    )


def probability_of_improvement(
    first: Floats, second: Floats, seeds: Labels, orders: Labels
) -> Estimate:
    """The share of pairs in which `first` (n,) is above `second` (n,).

    Of equal values half count, as where both runs of a seed diverged.
    """
    above = (first > second) + (first == second) / 2
    if len(first) < FEWEST:
        return Estimate(float(np.mean(above)) if len(first) else np.nan)
    return two_way.share(above, seeds, orders)


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

    `first` and `second` are rows of `accuracies`, each of one configuration. All pairs are made
    first; then those that count are taken, as of runs (`design.choose`).

    Columns: `seed`, `order_seed`, `first` and `second` (accuracies), `survived` (whether both
    runs did) and `design` (how the pairs share their seeds).
    """
    labels = [seeds_and_orders(side) for side in (first, second)]
    # A complex number is sorted by its real part, then its imaginary part. Trained anew on other
    # data, a seed and order counts once, by its first run.
    ours, theirs = (seed + 1j * order for seed, order in labels)
    _, *places = np.intersect1d(ours, theirs, return_indices=True)
    kind: Kind | None = None
    if len(places[0]):
        design = choose(*(label[places[0]] for label in labels[0]))
        places, kind = [place[design.rows] for place in places], design.kind
    accuracy, survived = (
        [side[name].to_numpy()[place] for side, place in zip((first, second), places, strict=True)]
        for name in ("accuracy", "survived")
    )
    seed, order = (label[places[0]] for label in labels[0])
    return pd.DataFrame(
        {
            **{"seed": seed, "order_seed": order, "first": accuracy[0], "second": accuracy[1]},
            **{"survived": survived[0] & survived[1], "design": kind},
        }
    )


def compare_values(runs: pd.DataFrame, epochs: pd.DataFrame, key: str) -> pd.DataFrame:
    """Every two values of a key, as the learning rate, compared on the same seeds and orders.

    Give it all runs: thinned before, they would lose pairs. One row per two values and
    configuration that is equal in all other keys but the seeds: these keys, `first` and `second`
    (values of `key`, the larger first), `pairs`, `seeds`, `orders` and `design` of the pairs
    that count, `survived` (pairs in which both runs did), then `improvement`, `mean_difference`
    and `iqm_difference` over all pairs, each with its 95 % interval as `_low` and `_high`, and
    the same over the pairs in which both survived as `survivors_improvement` and so on. `needed`
    is that of `PairedComparison`, over all pairs. Values without a common seed and order have no
    row.
    """
    others = [name for name in PARAMS if name not in (key, *SEEDS)]
    rows = []
    for values, group in accuracies(runs, epochs).groupby(others):
        for (second, lower), (first, higher) in combinations(group.groupby(key), 2):
            pairs = same_seeds(higher, lower)
            if len(pairs):
                survived = pairs["survived"]
                compared = _compared(pairs)
                of_survivors = compared if survived.all() else _compared(pairs[survived])
                rows.append(
                    {
                        **dict(zip(others, values, strict=True)),
                        **{"first": first, "second": second, "pairs": len(pairs)},
                        **{"seeds": pairs["seed"].nunique(), "design": pairs["design"].iloc[0]},
                        "orders": pairs["order_seed"].nunique(),
                        "survived": int(survived.sum()),
                        "needed": compared.needed,
                        **_columns("", compared),
                        **_columns("survivors_", of_survivors),
                    }
                )
    return pd.DataFrame(rows)


def all_comparisons(runs: pd.DataFrame, epochs: pd.DataFrame) -> pd.DataFrame:
    """The rows of `compare_values` for every key of `COMPARED`, which the column `key` names."""
    found = [compare_values(runs, epochs, key).assign(key=key) for key in COMPARED]
    return pd.concat([one for one in found if len(one)] or found[:1], ignore_index=True)


def _compared(pairs: pd.DataFrame) -> PairedComparison:
    first, second = (pairs[side].to_numpy(float) for side in ("first", "second"))
    return compare_pairs(first, second, *seeds_and_orders(pairs))


def _columns(prefix: str, compared: PairedComparison) -> dict[str, float]:
    columns = {}
    for name in ("improvement", "mean_difference", "iqm_difference"):
        estimate: Estimate = getattr(compared, name)
        columns[f"{prefix}{name}"] = estimate.value
        columns[f"{prefix}{name}_low"] = estimate.low
        columns[f"{prefix}{name}_high"] = estimate.high
    return columns
