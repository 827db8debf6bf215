"""A run's outcome in one sentence, shown as its description in MLflow's UI."""

from collections.abc import Sequence

from runner.process import plural
from runner.records import PostMortem, Record
from runner.runs.outcome import Summary
from runner.tracking import DIVERGED


def outcome_note(
    records: Sequence[Record], summary: Summary, post_mortem: PostMortem | None
) -> str:
    """How a run ended, from its records (the untrained model's first) and their summary.

    `post_mortem` is None for a run that did not diverge.
    """
    if post_mortem is not None:
        return f"{DIVERGED}{post_mortem.sentence}"
    untrained, last = records[0].metrics, records[-1]
    epochs = f"after {last.epoch} {plural(last.epoch, 'epoch')}"
    if summary.outcome == "stalled":
        return (
            f"**Stalled**: {epochs} the model had never been better than the untrained one, "
            f"with a test accuracy of {untrained['test_acc']:.4f}."
        )
    return (
        f"**Trained**: test accuracy {last.metrics['test_acc']:.4f} {epochs}, "
        f"{untrained['test_acc']:.4f} untrained. Test loss {last.metrics['test_loss']:.4f}, "
        f"{untrained['test_loss']:.4f} untrained."
    )
