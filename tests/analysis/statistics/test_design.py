"""Which runs count: crossed tables, independent runs, one order."""

import numpy as np
import pytest

from analysis.statistics.design import choose, independent_rows


def chosen(places, rows=choose):
    seeds, orders = np.array(places).T
    found = rows(seeds, orders)
    if rows is choose:
        return found.kind, [places[row] for row in found.rows]
    return [places[row] for row in found]


def table(seeds, orders):
    return [(seed, order) for seed in seeds for order in orders]


def own(seeds):
    return [(seed, seed) for seed in seeds]


SIX_BY_FIVE = table(range(6), range(5))
IN_ORDER_1 = table(range(1, 31), [1])


@pytest.mark.parametrize(
    ("places", "kind", "counting"),
    [
        (table(range(10), range(5)), "crossed", table(range(10), range(5))),
        (own(range(7)), "independent", own(range(7))),
        (table(range(7), [3]), "one order", table(range(7), [3])),
        (table([3], range(7)), "one seed", table([3], range(7))),
        # more orders of two seeds do not break a table, nor do more seeds of one order
        (table([0, 1], range(9)) + table(range(2, 6), range(5)), "crossed", SIX_BY_FIVE),
        (SIX_BY_FIVE + table(range(6, 9), [0]), "crossed", SIX_BY_FIVE),
        # nor does an order of its own for each of its seeds
        (
            table(range(11, 17), range(5)) + own(range(11, 17)),
            "crossed",
            table(range(11, 17), range(5)),
        ),
        # many independent runs say more than a small table
        (table(range(5), range(5)) + own(range(5, 30)), "independent", own(range(30))),
        # two seeds in many orders beside many seeds in one: one order, not three runs
        (IN_ORDER_1 + table([1, 2], range(2, 21)), "one order", IN_ORDER_1),
        # too few for an interval: what there is most of
        ([(1, 1), (1, 2), (1, 3), (2, 1), (3, 1)], "one order", [(1, 1), (2, 1), (3, 1)]),
        ([(1, 1)], "independent", [(1, 1)]),
    ],
)  # fmt: skip
def test_the_runs_that_count(places, kind, counting):
    found, rows = chosen(places)
    assert found == kind
    assert sorted(rows) == sorted(counting)
    shuffled = [places[place] for place in np.random.default_rng(1).permutation(len(places))]
    assert sorted(chosen(shuffled)[1]) == sorted(counting)


def test_a_run_trained_twice_counts_once():
    places = [*own(range(6)), *own(range(6))]
    seeds, orders = np.array(places).T
    assert list(choose(seeds, orders).rows) == list(range(6))


def test_of_a_table_each_seed_counts_once_in_an_order_of_its_own():
    assert chosen(table(range(6), range(6)), independent_rows) == own(range(6))
    found = chosen(table(range(8), range(5)), independent_rows)
    assert len({seed for seed, _ in found}) == len({order for _, order in found}) == 5
    assert chosen(table(range(7), [3]), independent_rows) == table(range(7), [3])
