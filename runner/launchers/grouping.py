"""Which configurations train together, and in how many stacks."""

from collections.abc import Sequence

from runner.configuration import Configuration

SHARED_FIELDS = ("order_seed", "batch_size", "epochs", "loss", "train_limit", "test_limit", "data")
"""What the configurations of a stack have in common: the data in their order, and the form."""

MAX_STACK_WIDTH = 60
MAX_STACK_RECORDS = 8192
MIN_SPLIT_WIDTH = 10
"""What a stack is not split below to give every process some: so many share each product."""

STACKS_PER_PROCESS = 3
"""Of several processes each gets so many stacks where it can: the runs of one are logged while
the next trains."""


def stacks_of(configurations: Sequence[Configuration], processes: int = 1) -> list[list[int]]:
    """The positions of the configurations that train together, the costliest stack first.

    A stack is split where it would be wider than `MAX_STACK_WIDTH` (each configuration holds 1 MB for
    the losses of an epoch of 60,000 examples, and as much again while they are read) or would
    make more than `MAX_STACK_RECORDS` records (each holds 31 kB of parameters); and where several
    `processes` would have fewer than `STACKS_PER_PROCESS` each, as long as the stacks stay as
    wide as `MIN_SPLIT_WIDTH`.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for position, one in enumerate(configurations):
        groups.setdefault(tuple(getattr(one, name) for name in SHARED_FIELDS), []).append(position)
    stacks = []
    stacks_wanted = 1 if processes == 1 else STACKS_PER_PROCESS * processes
    for group in groups.values():
        widest = max(
            1, min(MAX_STACK_WIDTH, MAX_STACK_RECORDS // (configurations[group[0]].epochs + 1))
        )
        wanted = min(-(-stacks_wanted // len(groups)), len(group) // MIN_SPLIT_WIDTH)
        wanted -= wanted % processes if wanted > processes else 0  # none is left for one alone
        count = max(-(-len(group) // widest), wanted)
        stacks += [group[number::count] for number in range(count)]

    def cost(stack: Sequence[int]) -> float:
        first = configurations[stack[0]]
        return len(stack) * first.epochs * first.train_limit * (1 + 32 / first.batch_size)

    return sorted(stacks, key=cost, reverse=True)
