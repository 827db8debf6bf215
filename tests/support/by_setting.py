"""Runs by hand, setting by setting, and what the report makes of them."""

import pandas as pd
from support.hand_made import evidence_of

from analysis.reading import EPOCH_METRICS, PARAMS
from analysis.report.verdicts.contests import contests
from analysis.report.verdicts.core import at_commonest
from analysis.statistics import summarise


def some_runs(accuracies, outcome="trained", **keys):
    """Runs of the seeds 1, 2, ... with these final test accuracies; 0.1 while untrained."""
    usual = {"lr": 0.1, "batch_size": 256, "loss": "pick_log", "division": "python3", **keys}
    rows = [
        {
            **dict.fromkeys(PARAMS, 1),
            **usual,
            "seed": seed,
            "order_seed": seed,
            "outcome": outcome,
            **dict.fromkeys(EPOCH_METRICS, accuracy),
            "diverged_epoch": 1.0,
            "diverged_update": 2.0,
            "run_id": f"{usual}{seed}{outcome}",
        }
        for seed, accuracy in enumerate(accuracies, start=1)
    ]
    return pd.DataFrame(rows)


def scattered(mean, amount, count=8, **keys):
    """Runs whose accuracies lie around their mean, by turns above and below."""
    return some_runs([mean + amount * (-1) ** seed for seed in range(count)], **keys)


def frames_of(*groups):
    runs = pd.concat(groups, ignore_index=True)
    return runs, runs[["run_id"]].assign(epoch=0, test_acc=0.1)


def summary_of(*groups):
    return summarise(*frames_of(*groups))


def contests_of(*groups):
    summary = summary_of(*groups)
    return contests(summary, at_commonest(summary), *frames_of(*groups))


def evidence_from(*groups):
    return evidence_of(*frames_of(*groups))
