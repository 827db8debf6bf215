"""Which runs of a configuration count: seeds crossed with orders, independent runs, or one order.

A run has two random inputs: `seed` draws its initial parameters, `order_seed` the order of its
examples. Runs that share one of them are no independent draws.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linear_sum_assignment

from analysis.statistics.intervals import FEWEST

SEEDS = ("seed", "order_seed")

Labels = npt.NDArray[np.int64]
Kind = Literal["crossed", "independent", "one order", "one seed"]


@dataclass(frozen=True)
class Design:
    """The `rows` (m,) of the runs that count, in their order, and how they share their seeds.

    - `crossed`: every seed was run in every order, at least five of each;
    - `independent`: no two runs share a seed or an order;
    - `one order`: the seeds of one order, and what they say is about that order only;
    - `one seed`: the orders of one seed, likewise.
    """

    kind: Kind
    rows: Labels


def seeds_and_orders(runs: pd.DataFrame) -> tuple[Labels, Labels]:
    """The columns `seed` and `order_seed` of runs or pairs, as arrays (n,)."""
    return runs["seed"].to_numpy(), runs["order_seed"].to_numpy()


def choose(seeds: Labels, orders: Labels) -> Design:
    """Which of the runs with these `seeds` (n,) and `orders` (n,) count.

    1. The largest crossed table of at least five seeds and five orders.
    2. Instead of it, or where there is none, the largest set of runs that share neither seed nor
       order, where these are more than the table's seeds and orders, and at least five. Runs
       whose two seeds are equal come first, then lower orders.
    3. Where there is neither, the order with the most seeds (of equals the lowest), or the seed
       with the most orders, or the runs of 2 where these are as many.

    Of runs that share both the first counts.
    """
    some_seeds, by_seed = np.unique(seeds, return_inverse=True)
    some_orders, by_order = np.unique(orders, return_inverse=True)
    rows = np.full((len(some_seeds), len(some_orders)), len(seeds))
    np.minimum.at(rows, (by_seed, by_order), np.arange(len(seeds)))
    run = rows < len(seeds)
    apart = rows[_independent(run, some_seeds, some_orders)]
    crossed = _crossed(run)
    if crossed and len(apart) <= max(map(len, crossed)):
        return Design("crossed", np.sort(rows[np.ix_(*crossed)].ravel()))
    order, seed = int(run.sum(axis=0).argmax()), int(run.sum(axis=1).argmax())
    alternatives: list[tuple[Kind, Labels]] = [
        ("independent", apart),
        ("one order", rows[run[:, order], order]),
        ("one seed", rows[seed, run[seed]]),
    ]
    if len(apart) >= FEWEST:
        alternatives = alternatives[:1]
    kind, found = max(alternatives, key=lambda one: len(one[1]))
    return Design(kind, np.sort(found))


def independent_rows(seeds: Labels, orders: Labels) -> Labels:
    """The rows of the runs that count where no seed may count twice.

    Those of `choose`, but of a crossed table as many as share neither seed nor order.
    """
    design = choose(seeds, orders)
    if design.kind != "crossed":
        return design.rows
    some_seeds, by_seed = np.unique(seeds[design.rows], return_inverse=True)
    some_orders, by_order = np.unique(orders[design.rows], return_inverse=True)
    table = np.full((len(some_seeds), len(some_orders)), -1)
    table[by_seed, by_order] = design.rows
    return np.sort(table[_independent(table >= 0, some_seeds, some_orders)])


def _crossed(run: npt.NDArray[np.bool_]) -> tuple[Labels, Labels] | None:
    """The largest table (seeds, orders) without holes in `run`; None where it is too small.

    The orders of some seed, or those that two seeds share, and all seeds that were run in these;
    the table whose smaller side is the largest, of equals the one with the most runs.
    """
    best, found = (FEWEST - 1, 0), None
    rows = np.unique(run[run.sum(axis=1) >= FEWEST], axis=0)
    both = (rows[:, None] & rows[None]).reshape(-1, run.shape[1])
    for wanted in np.unique(both, axis=0):
        having = np.flatnonzero(run[:, wanted].all(axis=1))
        sides = (len(having), int(wanted.sum()))
        size = (min(sides), sides[0] * sides[1])
        if size[0] >= FEWEST and size > best:
            best, found = size, (having, np.flatnonzero(wanted))
    return found


def _independent(
    run: npt.NDArray[np.bool_], seeds: Labels, orders: Labels
) -> tuple[Labels, Labels]:
    """The places (seeds, orders) of the most runs in `run` that share neither."""
    a, b = run.shape
    cost = 1 + np.arange(b) / b - (seeds[:, None] == orders)
    cost = np.where(run, cost, 4.0 * (a + b))  # a place without a run is the last resort
    chosen = linear_sum_assignment(cost)
    there = run[chosen]
    return chosen[0][there], chosen[1][there]
