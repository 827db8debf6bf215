"""The outcome of a run in one sentence, shown as its description in MLflow's UI."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runner.console import plural

if TYPE_CHECKING:
    from runner.outcome import Summary
    from runner.train import Record


def outcome_note(records: Sequence["Record"], summary: "Summary") -> str:
    """What became of a run, from its records (the untrained model's first) and their summary."""
    untrained, last = records[0].metrics, records[-1]
    if summary.outcome == "diverged":
        updates = summary.diverged_update
        return (
            f"**Diverged** in epoch {summary.diverged_epoch}, after {updates} "
            f"{plural(updates or 0, 'update')} with finite losses; the best test accuracy up to "
            f"then was {summary.best_test_acc:.4f}."
        )
    epochs = f"after {last.epoch} {plural(last.epoch, 'epoch')}"
    if summary.outcome == "stalled":
        return (
            f"**Stalled**: {epochs} the model had never been better than the untrained one, "
            f"with a test accuracy of {untrained['test_acc']:.4f}."
        )
    return (
        f"**Trained**: test accuracy {last.metrics['test_acc']:.4f} {epochs}, "
        f"{untrained['test_acc']:.4f} untrained; test loss {last.metrics['test_loss']:.4f}, "
        f"{untrained['test_loss']:.4f} untrained."
    )
