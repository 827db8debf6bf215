"""The settings that a study is about: those that differ in learning rate and loss only."""

import pandas as pd

from analysis.statistics import commonest, varying
from runner.configuration import LOSS_NAMES

RANKED = "test_acc_all_mean"
"""What settings are ranked by: a run that diverged scores what its untrained model does."""


def at_commonest(summary: pd.DataFrame) -> pd.DataFrame:
    """The rows of a summary at the commonest values of all other keys."""
    keys = [key for key in varying(summary) if key not in ("lr", "loss")]
    return commonest(summary, summary["runs"], keys)


def by_loss(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each form of the loss, in the order of the lesson."""
    return [
        (loss, rows[rows["loss"] == loss]) for loss in LOSS_NAMES if (rows["loss"] == loss).any()
    ]
