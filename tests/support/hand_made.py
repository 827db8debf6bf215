"""Frames of runs and epochs made by hand, and the sections' evidence of them."""

import itertools

import numpy as np
import pandas as pd

from analysis.printed import ARTICLE
from analysis.reading import EPOCH_METRICS, PARAMS, Study
from analysis.sections import Evidence
from runner.configuration import LATER_KEYS


def evidence_of(runs, epochs, uri=None, two_sweeps=None):
    """The evidence of a study; without an `uri` it was read from tables: no parameters."""
    sweeps = pd.DataFrame({name: [] for name in ("sweep_id", "run_id", "config_hashes")})
    return Evidence(Study(runs, epochs, sweeps, uri, artifacts=uri is not None), two_sweeps)


def some_runs(rates, seeds, lost=(), **keys):
    """Runs and epochs by hand; the learning rates `lost` diverge after two updates."""
    runs, epochs = [], []
    rng = np.random.default_rng(1)
    for lr in rates:
        for seed in range(seeds):
            run_id = f"{lr} {seed} {keys}"
            dead = lr in lost
            base = {
                **dict.fromkeys(PARAMS, 1),
                **LATER_KEYS,
                "lr": lr,
                "epochs": 5,
                "batch_size": 256,
            }
            base |= {"loss": "pick_log", "data.train_limit": 60_000, **keys, "seed": seed}
            for epoch in range(2 if dead else 6):
                height = np.nan if dead and epoch else 0.1 + epoch / 10 + rng.uniform(0, 0.05)
                epochs.append(
                    {"run_id": run_id, "epoch": epoch, **dict.fromkeys(EPOCH_METRICS, height)}
                )
            runs.append(
                {
                    **base,
                    "run_id": run_id,
                    "outcome": "diverged" if dead else "trained",
                    "diverged_epoch": 1.0 if dead else np.nan,
                    "diverged_update": 2.0 if dead else np.nan,
                    **epochs[-1],
                }
            )
    return pd.DataFrame(runs).drop(columns="epoch"), pd.DataFrame(epochs)


def runs_of(*groups):
    """Runs of (learning rate, batch size, {seed: accuracy}, order) with their epochs 0 and 1."""
    rows = [
        {
            **dict.fromkeys(PARAMS, 1),
            **LATER_KEYS,
            "loss": "pick_log",
            "lr": lr,
            "batch_size": size,
            "seed": seed,
            "order_seed": order,
            "data.train_limit": 1024,
            "run_id": f"{lr}-{size}-{seed}-{order}",
            "outcome": "trained",
            "diverged_epoch": np.nan,
            "diverged_update": np.nan,
            **dict.fromkeys(EPOCH_METRICS, accuracy),
        }
        for lr, size, accuracies, order in groups
        for seed, accuracy in accuracies.items()
    ]
    runs = pd.DataFrame(rows)
    columns = ["run_id", *EPOCH_METRICS]
    epochs = pd.concat([runs[columns].assign(epoch=epoch) for epoch in (0, 1)], ignore_index=True)
    return runs, epochs


def article_run(loss, lr, seed, *, order_seed=1, update=None, cause=None, test_acc=0.7, **changes):
    """A row of the frame of runs; with an update it diverged of a cause."""
    keys = {**dict.fromkeys(PARAMS, 0), **ARTICLE, "on_divergence": "stop", **changes}
    return {
        **keys,
        "loss": loss,
        "lr": lr,
        "seed": seed,
        "order_seed": order_seed,
        "run_id": f"{loss}-{lr}-{seed}-{order_seed}",
        "outcome": "trained" if update is None else "diverged",
        "diverged_update": np.nan if update is None else update,
        "diverged_epoch": np.nan if update is None else 1 + update // 235,
        "divergence_cause": cause,
        "test_acc": test_acc,
    }


def epochs_of(runs):
    """Five epochs of each run, one of a run that diverged in the first; figures tell them apart."""
    rows = []
    for one in runs.to_dict("records"):
        last = 1 if one["outcome"] == "diverged" else 5
        for epoch in range(last + 1):
            figures = dict.fromkeys(EPOCH_METRICS, 0.01 * one["seed"] + epoch)
            rows.append({"run_id": one["run_id"], "lr": one["lr"], "epoch": epoch, **figures})
    return pd.DataFrame(rows)


GRID_RATES = [0.001, 0.004, 0.016, 0.063, 0.25, 0.4, 1.0, 4.0, 16.0, 63.0]
GRID_DESIGN = {
    "batch_size": 256,
    "epochs": 5,
    "init_sigma": 1.0,
    **LATER_KEYS,
    "division": "python3",
    "on_divergence": "stop",
    "data.train_limit": 60000,
    "data.test_limit": 10000,
    "order_seed": 1,
}


def grid_runs(rates=GRID_RATES, seeds=(1, 2), losses=("pick_log",), **design):
    return pd.DataFrame(
        {**GRID_DESIGN, **design, "loss": loss, "lr": rate, "seed": seed}
        for loss, rate, seed in itertools.product(losses, rates, seeds)
    )
