"""Decides which configurations train together, and in how many stacks."""

import math
from collections.abc import Sequence

from runner.configuration import Configuration
from runner.data import LESSON_SHAPE

SHARED_FIELDS = (
    "order_seed",
    "batch_size",
    "epochs",
    "loss",
    "train_limit",
    "test_limit",
    "data_set",
    "clips",
    "dtype",
)
"""What the configurations of a stack have in common: data, order, epochs, loss, clipping, dtype."""

MAX_STACK_WIDTH = 60
MAX_STACK_LOSSES = 60 * 60_000
MAX_STACK_RECORDS = 8192
MAX_STACK_WEIGHTS = MAX_STACK_RECORDS * math.prod(LESSON_SHAPE)
MIN_SPLIT_WIDTH = 10
"""Stacks are not split below this width to occupy more processes: wide products are efficient."""

STACKS_PER_PROCESS = 5
"""Stacks for each of several processes, if possible: who is free takes the next, so all end at
about the same time."""


def stacks_of(configurations: Sequence[Configuration], processes: int = 1) -> list[list[int]]:
    """The positions of the configurations that train together, the most expensive stack first.

    A stack is split for one of three reasons:
    - It is wider than `MAX_STACK_WIDTH`, or has more than `MAX_STACK_LOSSES` in an epoch. Each
      configuration holds 1 MB for the losses of 60,000 examples, and as much again while they are
      read.
    - It would make more than `MAX_STACK_RECORDS` records, or hold more than `MAX_STACK_WEIGHTS` in
      them. Each of the lesson's holds 31 kB of parameters. In float64 a stack is half as wide.
    - Several `processes` would have fewer than `STACKS_PER_PROCESS` each. This applies only while
      the stacks stay at least `MIN_SPLIT_WIDTH` wide.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for position, one in enumerate(configurations):
        groups.setdefault(tuple(getattr(one, name) for name in SHARED_FIELDS), []).append(position)
    stacks = []
    stacks_wanted = 1 if processes == 1 else STACKS_PER_PROCESS * processes
    for group in groups.values():
        first = configurations[group[0]]
        records_each = first.epochs + 1
        weights_each = records_each * math.prod(first.data_set.weights_shape)
        limits = (
            MAX_STACK_WIDTH,
            MAX_STACK_LOSSES // first.train_limit,
            MAX_STACK_RECORDS // records_each,
            MAX_STACK_WEIGHTS // weights_each,
        )
        widest = max(1, min(limits) // (2 if first.dtype == "float64" else 1))
        wanted = min(-(-stacks_wanted // len(groups)), len(group) // MIN_SPLIT_WIDTH)
        wanted -= wanted % processes if wanted > processes else 0  # no last stack trains alone
        count = max(-(-len(group) // widest), wanted)
        stacks += [group[number::count] for number in range(count)]

    def cost(stack: Sequence[int]) -> float:
        first = configurations[stack[0]]
        return len(stack) * first.epochs * first.train_limit * (1 + 32 / first.batch_size)

    return sorted(stacks, key=cost, reverse=True)
