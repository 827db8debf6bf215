"""Configurations are grouped into stacks that train together."""

from dataclasses import replace

import numpy as np
import pytest

from runner.configuration import Configuration
from runner.launchers import grouping as stacks


def configuration(**changes):
    base = Configuration(
        lr=0.1,
        batch_size=256,
        epochs=5,
        seed=1,
        order_seed=1,
        loss="pick_log",
        init_sigma=1.0,
        division="python3",
        on_divergence="stop",
        train_limit=60_000,
        test_limit=10_000,
    )
    return replace(base, **changes)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("order_seed", 2),
        ("batch_size", 64),
        ("epochs", 2),
        ("loss", "log_pick"),
        ("train_limit", 100),
        ("test_limit", 100),
        ("dtype", "float64"),
    ],
)
def test_configurations_with_other_data_epochs_or_form_make_another_stack(key, value):
    one, other = configuration(), configuration(**{key: value})
    assert sorted(stacks.stacks_of([one, other, one, other])) == [[0, 2], [1, 3]]


def test_configurations_that_differ_otherwise_make_one_stack():
    same = [
        configuration(),
        configuration(lr=1.0),
        configuration(seed=2),
        configuration(init_sigma=0.0),
        configuration(division="python2"),
        configuration(on_divergence="continue"),
    ]
    assert stacks.stacks_of(same) == [[0, 1, 2, 3, 4, 5]]


def test_a_stack_in_float64_is_half_as_wide():
    made = stacks.stacks_of([configuration(seed=s, dtype="float64") for s in range(60)])
    assert [len(stack) for stack in made] == [30, 30]


@pytest.mark.parametrize(("count", "epochs", "widest"), [(100, 5, 60), (30, 1000, 8), (3, 9999, 1)])
def test_a_stack_too_wide_for_the_memory_is_split_evenly(count, epochs, widest):
    made = stacks.stacks_of([configuration(seed=s, epochs=epochs) for s in range(count)])
    assert sorted(np.concatenate(made)) == list(range(count))
    assert len(made) == -(-count // widest)
    assert max(map(len, made)) - min(map(len, made)) <= 1


@pytest.mark.parametrize(
    ("count", "processes", "widths"),
    [
        (30, 2, [15, 15]),
        (19, 2, [19]),
        (30, 8, [10, 10, 10]),
        (100, 1, [50, 50]),
        (100, 2, [10] * 10),
        (50, 2, [13, 13, 12, 12]),
    ],
)
def test_a_stack_is_split_so_that_no_process_is_idle(count, processes, widths):
    """Each takes a stack when it is free: the more there are, the sooner the last one ends."""
    made = stacks.stacks_of([configuration(seed=s) for s in range(count)], processes)
    assert [len(stack) for stack in made] == widths


def test_the_costliest_stack_begins_first():
    small, large = configuration(batch_size=1024), configuration(batch_size=16)
    assert stacks.stacks_of([small, large]) == [[1], [0]]
    assert stacks.stacks_of([small, large, *[small] * 9])[0] == [0, *range(2, 11)]
