"""Runs put into a store by hand, and stores copied so that a test may damage them."""

import contextlib
import shutil
import sqlite3

from analysis.reading import EPOCH_METRICS

PARAMS = {
    "lr": 0.1,
    "batch_size": 256,
    "epochs": 1,
    "loss": "pick_log",
    "init_sigma": 1.0,
    "division": "python3",
    "on_divergence": "stop",
    "data.train_limit": 2048,
    "data.test_limit": 512,
    "seed": 1,
    "order_seed": 1,
}
TAGS = {"kind": "run", "config_hash": "a", "sweep_id": "b", "outcome": "trained"}


def epochs_to(last, **figures):
    """The metrics of epochs 0 to `last`; the untrained model has those of the test only."""
    test = {name: 0.1 for name in EPOCH_METRICS if name.startswith("test")}
    return {0: test} | {
        epoch: {**dict.fromkeys(EPOCH_METRICS, 0.5), **figures} for epoch in range(1, last + 1)
    }


def log_run(tracking, name="one", *, tags=(), params=(), metrics=None):
    """Log a finished run that is whole but for what is given; its id."""
    with tracking.run(name, {**TAGS, **dict(tags)}) as run_log:
        run_log.log(params={**PARAMS, **dict(params)}, metrics=metrics or epochs_to(1))
    return run_log.run_id


def copied_store(folder, copy):
    """The store of a folder and its artifacts in another one, which does not know the first."""
    shutil.copytree(folder / "mlartifacts", copy / "mlartifacts")
    with (
        contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as store,
        contextlib.closing(sqlite3.connect(copy / "mlflow.db")) as target,
    ):
        store.backup(target)
    for table, column in (("runs", "artifact_uri"), ("experiments", "artifact_location")):
        moved = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"
        execute(copy, (moved, str(folder), str(copy)))
    return f"sqlite:///{copy / 'mlflow.db'}"


def execute(folder, *statements):
    """Change a folder's store behind MLflow's back; each is an SQL text and its values."""
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as store, store:
        for statement, *values in statements:
            store.execute(statement, values)
