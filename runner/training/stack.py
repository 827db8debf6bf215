"""Trains a stack of configurations and gathers the records and post-mortem of each."""

from collections.abc import Callable, Sequence

from runner.configuration import Configuration
from runner.data import Split
from runner.records import PostMortem, Record, Trained
from runner.training.initial import initial_parameters
from runner.training.kernel import kernel_and_threads
from runner.training.post_mortem import examine
from runner.training.trainer import Column, train


def train_stack(
    configurations: Sequence[Configuration],
    train_split: Split,
    test_split: Split,
    on_epoch: Callable[[Sequence[Record]], None] = lambda records: None,
) -> list[Trained]:
    """Train configurations in one stack; they must share the order of the data and the loss.

    Either all of them clip gradients, or none does; their dtype is the same.

    Pass whole splits: the configurations' limits are applied here. `on_epoch` gets the records
    of each epoch as it ends, starting with the untrained model's.
    """
    first = configurations[0]
    train_split = train_split.first(first.train_limit)
    shape = first.data_set.weights_shape
    columns = [
        Column(
            one.step_size,
            *initial_parameters(
                one.draws, one.seed, one.init_sigma, one.rounding, shape, one.dtype
            ),
            stop_on_divergence=one.on_divergence == "stop",
            clip_gradient=one.clip_gradient,
        )
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
                labels=first.data_set.labels,
            )
        before = records
    kernel, threads = kernel_and_threads()
    return [
        Trained(history, causes.get(column), len(columns), kernel, threads)
        for column, history in enumerate(histories)
    ]
