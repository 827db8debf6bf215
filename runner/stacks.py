"""Configurations that can train together, and their training to the last record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.config import Configuration
from runner.data import Split
from runner.environment import kernel_and_threads

if TYPE_CHECKING:
    from runner.postmortem import PostMortem
    from runner.train import Record

SHARED = ("order_seed", "batch_size", "epochs", "loss", "train_limit", "test_limit")
"""What the configurations of a stack have in common: the data in their order, and the form."""

WIDEST = 60
RECORDS = 8192
NARROWEST = 10
"""What a stack is not split below to give every process some: so many share each product."""

STACKS_PER_PROCESS = 3
"""Of several processes each gets so many stacks where it can: the runs of one are logged while
the next trains."""


@dataclass(frozen=True)
class Trained:
    """One configuration trained: its records, and why it diverged where it did.

    `stack_width` is the number of configurations that began together; `blas_kernel` and
    `threads` are what the process that trained them computed with.
    """

    records: Sequence["Record"]
    post_mortem: "PostMortem | None"
    stack_width: int
    blas_kernel: str
    threads: int


def stacks_of(configurations: Sequence[Configuration], processes: int = 1) -> list[list[int]]:
    """The positions of the configurations that train together, the costliest stack first.

    A stack is split where it would be wider than `WIDEST` (each configuration holds 1 MB for
    the losses of an epoch of 60,000 examples, and as much again while they are read) or would
    make more than `RECORDS` records (each holds 31 kB of parameters); and where several
    `processes` would have fewer than `STACKS_PER_PROCESS` each, as long as the stacks stay as
    wide as `NARROWEST`.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for position, one in enumerate(configurations):
        groups.setdefault(tuple(getattr(one, name) for name in SHARED), []).append(position)
    stacks = []
    stacks_wanted = 1 if processes == 1 else STACKS_PER_PROCESS * processes
    for group in groups.values():
        widest = max(1, min(WIDEST, RECORDS // (configurations[group[0]].epochs + 1)))
        wanted = min(-(-stacks_wanted // len(groups)), len(group) // NARROWEST)
        wanted -= wanted % processes if wanted > processes else 0  # none is left for one alone
        count = max(-(-len(group) // widest), wanted)
        stacks += [group[number::count] for number in range(count)]

    def cost(stack: Sequence[int]) -> float:
        first = configurations[stack[0]]
        return len(stack) * first.epochs * first.train_limit * (1 + 32 / first.batch_size)

    return sorted(stacks, key=cost, reverse=True)


def train_stack(
    configurations: Sequence[Configuration],
    train_split: Split,
    test_split: Split,
    on_epoch: Callable[[Sequence["Record"]], None] = lambda records: None,
) -> list[Trained]:
    """Train configurations that have all of `SHARED` in common, in one stack.

    The splits are whole; the limits of the configurations apply. `on_epoch` is told the
    records of every epoch as it ends, the untrained model's first.
    """
    from runner.postmortem import examine  # MXNet takes seconds to import: only when training
    from runner.train import Column, train

    first = configurations[0]
    train_split = train_split.first(first.train_limit)
    columns = [
        Column(one.step_size, one.seed, one.init_sigma, one.on_divergence == "stop")
        for one in configurations
    ]
    histories: list[list[Record]] = [[] for _ in columns]
    causes: dict[int, PostMortem] = {}
    before: list[Record] = []
    for records in train(
        train_split,
        test_split.first(first.test_limit),
        columns,
        batch_size=first.batch_size,
        epochs=first.epochs,
        order_seed=first.order_seed,
        loss=first.loss,
    ):
        for record in records:
            histories[record.column].append(record)
        on_epoch(records)
        if before:
            causes |= examine(
                train_split,
                columns,
                before,
                records,
                batch_size=first.batch_size,
                order_seed=first.order_seed,
                loss=first.loss,
            )
        before = records
    with_what = kernel_and_threads()
    return [
        Trained(history, causes.get(column), len(columns), *with_what)
        for column, history in enumerate(histories)
    ]
