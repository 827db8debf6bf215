"""How much of the variance comes from the initial parameters, how much from the data's order.

Bouthillier et al. 2021 (arXiv 2103.03098) vary such sources separately and together.
"""

import pandas as pd

from analysis.reading import PARAMS
from analysis.statistics.design import SEEDS, seeds_and_orders
from runner.variance import split_variance


def variance_by_seeds(runs: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The split of a metric of the last epoch over the survivors, per configuration.

    `runs` is the frame of `load_runs`. One row per configuration that was trained with several
    seeds in several orders: its keys, `runs`, `seeds` and `orders` (numbers), the variances
    `seed`, `order_seed` and `rest`, and their shares `seed_share`, `order_seed_share` and
    `rest_share`.
    """
    keys = [key for key in PARAMS if key not in SEEDS]
    rows = []
    for values, group in runs[runs["outcome"] != "diverged"].groupby(keys):
        seeds, orders = seeds_and_orders(group)
        split = split_variance(group[metric].to_numpy(float), seeds, orders)
        if split:
            names = ("seed_share", "order_seed_share", "rest_share")
            shares = dict(zip(names, split.shares, strict=True))
            rows.append({**dict(zip(keys, values, strict=True)), **vars(split), **shares})
    return pd.DataFrame(rows)
