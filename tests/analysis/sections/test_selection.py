"""Which runs the sections put beside each other; runs made by hand."""

from support.hand_made import runs_of

from analysis.sections.selection import by_batch_size


def shown(runs):
    found = by_batch_size(runs).sort_values(["lr", "batch_size", "seed"])
    columns = ["lr", "batch_size", "seed", "order_seed"]
    return list(found[columns].itertuples(index=False, name=None))


def test_batch_sizes_are_put_beside_each_other_on_the_seeds_and_orders_that_all_have():
    runs, _ = runs_of(
        (0.1, 64, {2: 0.7, 3: 0.8, 4: 0.9}, 1),
        (0.1, 256, {2: 0.5, 3: 0.6, 9: 0.1}, 1),
        (0.1, 256, {2: 0.2}, 2),  # where the two seeds are equal, but only here
        (1.0, 64, {5: 0.3}, 1),  # no seed of these two is the same
        (1.0, 256, {6: 0.4}, 1),
        (2.0, 64, {5: 0.3}, 1),  # one batch size only
    )
    assert shown(runs) == [
        (0.1, 64, 2, 1), (0.1, 64, 3, 1), (0.1, 256, 2, 1), (0.1, 256, 3, 1),
        (1.0, 64, 5, 1), (1.0, 256, 6, 1),
    ]  # fmt: skip
