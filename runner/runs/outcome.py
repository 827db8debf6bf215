"""Decides from a run's records, by fixed rules, how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runner.records import Record


@dataclass(frozen=True)
class Summary:
    """The metrics that a run has only once; all finite, so that MLflow's run page shows them.

    `outcome` is `diverged` if a loss or parameter became non-finite. Otherwise it is `stalled`
    if the parameters never changed, or if neither test loss nor test accuracy ever improved on
    the untrained model. Otherwise it is `trained`.

    `diverged_epoch` (1-based) and `diverged_update` (updates completed before the first
    non-finite loss) are None for a run that did not diverge. `best_test_acc` is the best over
    epochs with finite parameters, including the untrained model.
    """

    outcome: str
    best_test_acc: float
    diverged_epoch: int | None
    diverged_update: int | None
    last_finite_batch_loss: float | None

    @property
    def metrics(self) -> dict[str, float]:
        """The values by their names in MLflow, without those that do not apply."""
        values = {
            "diverged": float(self.outcome == "diverged"),
            "best_test_acc": self.best_test_acc,
            "diverged_epoch": self.diverged_epoch,
            "diverged_update": self.diverged_update,
            "last_finite_batch_loss": self.last_finite_batch_loss,
        }
        return {name: float(value) for name, value in values.items() if value is not None}


def summarise(records: Sequence[Record]) -> Summary:
    """Summarise the records of one run, the untrained model's first."""
    fatal = next((record for record in records if record.diverged_update is not None), None)
    finite = [record for record in records if record.diverged_update is None]
    return Summary(
        outcome=_outcome(records, fatal is not None),
        best_test_acc=max(record.metrics["test_acc"] for record in finite),
        diverged_epoch=fatal.epoch if fatal else None,
        diverged_update=fatal.diverged_update if fatal else None,
        last_finite_batch_loss=records[-1].last_finite_batch_loss,
    )


def _outcome(records: Sequence[Record], diverged: bool) -> str:
    untrained, trained = records[0], records[1:]
    if diverged:
        return "diverged"
    moved = any(
        not (np.array_equal(record.W, untrained.W) and np.array_equal(record.b, untrained.b))
        for record in trained
    )
    improved = any(
        record.metrics["test_loss"] < untrained.metrics["test_loss"]
        or record.metrics["test_acc"] > untrained.metrics["test_acc"]
        for record in trained
    )
    return "trained" if moved and improved else "stalled"
