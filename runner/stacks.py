"""Configurations that can train together, and their training to the last record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.config import Configuration
from runner.data import Split

if TYPE_CHECKING:
    from runner.outcome import Summary
    from runner.postmortem import PostMortem
    from runner.train import Record


@dataclass(frozen=True)
class Trained:
    """One configuration trained: its records, what became of it, and why it diverged.

    `stack_width` is the number of configurations that began together.
    """

    records: Sequence["Record"]
    summary: "Summary"
    post_mortem: "PostMortem | None"
    stack_width: int


def train_stack(
    configurations: Sequence[Configuration],
    train_split: Split,
    test_split: Split,
    on_epoch: Callable[[Sequence["Record"]], None],
) -> list[Trained]:
    """Train configurations that share all of `shared_keys`, in one stack.

    The splits are whole; the limits of the configurations apply. `on_epoch` is told the
    records of every epoch as it ends, the untrained model's first.
    """
    from runner.outcome import summarise  # MXNet takes seconds to import: only when training
    from runner.postmortem import examine
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
    return [
        Trained(history, summarise(history), causes.get(column), len(columns))
        for column, history in enumerate(histories)
    ]
