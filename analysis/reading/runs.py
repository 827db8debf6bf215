"""An MLflow experiment as tidy pandas frames."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from mlflow.entities import DatasetInput, Run

from runner.configuration import LATER_KEYS
from runner.process import InputError
from runner.tracking import Tracking, open_tracking, store_address

PARAMS: dict[str, Callable[[str], Any]] = {
    "lr": float,
    "batch_size": int,
    "epochs": int,
    "loss": str,
    "init_sigma": float,
    "draws": str,
    "division": str,
    "on_divergence": str,
    "data.name": str,
    "data.train_limit": int,
    "data.test_limit": int,
    "seed": int,
    "order_seed": int,
}
"""What decides a run's numbers, and the type of each; the seeds last."""

EPOCH_METRICS = (
    "train_loss",
    "train_acc",
    "test_loss",
    "test_acc",
    "train_loss_batch_mean",
    "train_acc_batch_mean",
    "test_acc_batch_mean",
)
RUN_METRICS = (
    "diverged_epoch",
    "diverged_update",
    "best_test_acc",
    "last_finite_batch_loss",
)


def load_runs(
    experiment: str = "lr-study", uri: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read an experiment: a frame of runs and a frame of epochs.

    Of each configuration the newest FINISHED run counts. `uri` is an MLflow store, by default
    `MLFLOW_TRACKING_URI` or `mlflow.db` in the current folder.

    Returns
    - runs: one row per run: `run_id`, `name`, the keys that decide its numbers (`lr`, `seed`,
      ...), `outcome`, `divergence_cause`, `divergence_example` (the training image it died of),
      `diverged_epoch`, `diverged_update`, `best_test_acc`, `last_finite_batch_loss`, the metrics
      of its last epoch (`train_loss`, ...), and where it comes from: the sweep that trained it,
      commit, versions, machine, digests of the data;
    - epochs: one row per run and epoch: `run_id`, the same keys, `epoch`, and the metrics;
      epoch 0 is the untrained model, which has test metrics only.

    Raises `InputError` for a store or an experiment that is not there or holds no finished run.

    Example: how often did each learning rate fail, and what did the survivors reach?

        runs, epochs = analysis.load_runs()
        runs.groupby("lr")["outcome"].value_counts()
        runs[runs["outcome"] != "diverged"].groupby("lr")["test_acc"].describe()
        epochs.pivot_table(index="epoch", columns="lr", values="test_acc", aggfunc="median")
    """
    tracking = open_tracking(store_address(uri), experiment, create=False)
    finished = sorted(tracking.finished().values(), key=lambda run: run.info.start_time)
    if not finished:
        raise InputError(f"experiment {experiment} has no finished run; train something: lrstudy")
    epochs = _epochs(tracking, [run.info.run_id for run in finished])
    runs = pd.DataFrame([_run_row(run, experiment) for run in finished])
    last = epochs.sort_values("epoch").groupby("run_id").tail(1).drop(columns="epoch")
    runs = runs.merge(last, on="run_id", validate="one_to_one")
    keys = list(PARAMS)
    epochs = runs[["run_id", *keys]].merge(epochs, on="run_id")
    order = [*keys, "run_id"]
    return (
        runs.sort_values(order, ignore_index=True),
        epochs.sort_values([*order, "epoch"], ignore_index=True),
    )


def _run_row(run: Run, experiment: str) -> dict[str, Any]:
    params = {**LATER_KEYS, **run.data.params}
    return {
        "run_id": run.info.run_id,
        "name": run.info.run_name,
        **{key: kind(params[key]) for key, kind in PARAMS.items()},
        "outcome": run.data.tags["outcome"],
        "divergence_cause": run.data.tags.get("divergence_cause"),
        "divergence_example": float(run.data.tags.get("divergence_example", "nan")),
        **{key: run.data.metrics.get(key, np.nan) for key in RUN_METRICS},
        "config_hash": run.data.tags["config_hash"],
        "sweep_id": run.data.tags["sweep_id"],
        "git_commit": run.data.tags.get("mlflow.source.git.commit"),
        "dirty": run.data.tags.get("dirty"),
        "host": run.data.tags.get("host"),
        "machine": run.data.tags.get("machine"),
        "versions": run.data.tags.get("versions"),
        "data_digests": " ".join(one.dataset.digest for one in _datasets(run)),
        "started": pd.Timestamp(run.info.start_time, unit="ms", tz="UTC"),
        "experiment": experiment,
        "experiment_id": run.info.experiment_id,
    }


def _datasets(run: Run) -> list[DatasetInput]:
    return run.inputs.dataset_inputs if run.inputs else []


def _epochs(tracking: Tracking, run_ids: list[str]) -> pd.DataFrame:
    """One row per run and step at which any metric was logged."""
    histories = {name: tracking.histories(run_ids, name) for name in EPOCH_METRICS}
    rows = []
    for run_id in run_ids:
        for step in sorted({step for history in histories.values() for step in history[run_id]}):
            figures = {name: one[run_id].get(step, np.nan) for name, one in histories.items()}
            rows.append({"run_id": run_id, "epoch": step, **figures})
    return pd.DataFrame(rows)
