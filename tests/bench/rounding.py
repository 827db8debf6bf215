"""Runs trained alone and in a stack: which come out differently, and how near they were."""

import numpy as np

from runner.configuration import Configuration
from runner.runs.outcome import summarise
from runner.training.stack import train_stack

RATES = (1.0, 0.3, 0.1, 0.05, 0.03, 0.01)
SEEDS = range(1, 11)
EPOCHS = 2


def measure(bench):
    """Remark how many of 60 runs differ in any figure, and each whose outcome does."""
    configurations = [_configuration(bench, lr, seed) for lr in RATES for seed in SEEDS]
    splits = bench.train_split, bench.test_split
    print(f"Rounding: {len(configurations)} runs alone and in a stack", flush=True)
    stacked = train_stack(configurations, *splits)
    differ = 0
    for configuration, together in zip(configurations, stacked, strict=True):
        (alone,) = train_stack([configuration], *splits)
        apart = distance(alone.records, together.records)
        differ += apart > 0
        ends = [
            (summarise(one.records).outcome, one.records[-1].diverged_update)
            for one in (alone, together)
        ]
        if ends[0] != ends[1]:
            bench.report.remark(
                f"{configuration.name}: alone {ends[0][0]} (fatal update {ends[0][1]}), in a stack "
                f"{ends[1][0]} ({ends[1][1]}); figures before that apart by {apart:.1e}, relative."
            )
    bench.report.remark(
        f"Alone and in a stack of {len(configurations)}, {EPOCHS} epochs, pick_log: "
        f"{differ} of {len(configurations)} runs differ in any figure or parameter."
    )


def distance(records, others):
    """The largest relative difference of figures and parameters in the epochs that both have.

    nan equals nan; a figure that is finite in one only is infinitely far.
    """
    largest = 0.0
    for one, other in zip(records, others, strict=False):
        mine, theirs = (
            np.concatenate([np.array(list(r.metrics.values())), r.W.ravel(), r.b])
            for r in (one, other)
        )
        same = (mine == theirs) | (np.isnan(mine) & np.isnan(theirs))
        with np.errstate(invalid="ignore"):
            apart = np.abs(mine - theirs) / np.abs(mine)
        largest = max(largest, float(np.nan_to_num(apart[~same], nan=np.inf).max(initial=0)))
    return largest


def _configuration(bench, lr, seed):
    return Configuration(
        lr=lr,
        batch_size=256,
        epochs=EPOCHS,
        seed=seed,
        order_seed=1,
        loss="pick_log",
        init_sigma=1.0,
        division="python3",
        on_divergence="stop",
        train_limit=len(bench.train_split.labels),
        test_limit=len(bench.test_split.labels),
    )
