"""Trainings as a program prints them: what was published, our own runs, simulated frozen models."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.printed.frozen.untrained import Untrained, rows_of_epochs
from analysis.printed.table import FIGURES, PrintedSequence
from analysis.reading import MOST_EPOCHS


@dataclass(frozen=True)
class Printed:
    """The figures of one training as texts, one per epoch: the digits that were printed count.

    `pooled` says that they are means over examples rather than means of batch means.
    """

    name: str
    train_loss: tuple[str, ...]
    train_acc: tuple[str, ...]
    test_acc: tuple[str, ...]
    pooled: bool = False


def printed_sequence(sequence: PrintedSequence) -> Printed | None:
    """A printed sequence as texts; the first epoch with a nan loss as nan.

    None where an epoch lacks one of its three figures.
    """
    texts = {
        name: tuple(
            f"{figure.value:.{figure.decimals}f}"
            for figure in sequence.figures
            if figure.metric.startswith(name)
        )
        for name in FIGURES
    }
    last = sequence.diverged_step or MOST_EPOCHS + 1
    finite = sum(step < last for step in sequence.steps)
    if any(len(one) != finite for one in texts.values()):
        return None
    broken = ("nan",) if sequence.diverged_step else ()
    return Printed(
        sequence.name,
        texts["train_loss"] + broken,
        texts["train_acc"] + broken,
        texts["test_acc"] + broken,
        sequence.pooled,
    )


def printed_runs(epochs: pd.DataFrame) -> list[Printed]:
    """Our own runs as the article's program would print them: batch means with six decimals.

    `epochs`: as `analysis.load_runs` returns it, of which `run_id`, `epoch`,
    `train_loss_batch_mean`, `train_acc_batch_mean` and `test_acc_batch_mean` are used.
    """
    trained = epochs[epochs["epoch"] > 0].sort_values("epoch")
    return [
        Printed(
            str(run_id),
            _texts(rows["train_loss_batch_mean"]),
            _texts(rows["train_acc_batch_mean"]),
            _texts(rows["test_acc_batch_mean"]),
        )
        for run_id, rows in trained.groupby("run_id", sort=False)
    ]


def printed_frozen(untrained: Untrained, epochs: int) -> list[Printed]:
    """Simulated models as the article's program would print them, S // epochs rows a model."""
    loss = rows_of_epochs(untrained.train_loss, epochs)
    accuracy = rows_of_epochs(untrained.train_accuracy, epochs)
    return [
        Printed(
            f"untrained model {model + 1}",
            _texts(loss[model, row]),
            _texts(accuracy[model, row]),
            _texts(np.repeat(untrained.test_accuracy[model], epochs)),
        )
        for model, row in np.ndindex(*loss.shape[:2])
    ]


def _texts(figures: Iterable[float]) -> tuple[str, ...]:
    return tuple(f"{figure:.6f}" for figure in figures)
