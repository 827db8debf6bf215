"""An MLflow experiment as tidy pandas frames."""

import warnings
from typing import Any, NamedTuple

import pandas as pd
from mlflow.entities import DatasetInput, Run

from analysis.reading.rows import (
    EPOCH_METRICS,
    PARAMS,
    RUN_METRICS,
    SILENT,
    check_epochs,
    epoch_row,
    frames,
    named,
    run_row,
)
from runner.process import InputError, experiment_name, one_line, prepared, store_address
from runner.tracking import DIVERGED, NOTE, Tracking, damage, open_tracking, own_root


class Experiment(NamedTuple):
    """The frames of `load_runs`, and which damaged runs are left out, with the reason of each."""

    runs: pd.DataFrame
    epochs: pd.DataFrame
    left_out: list[str]


@prepared()
def load_runs(
    experiment: str | None = None, uri: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read an experiment: a frame of runs and a frame of epochs.

    Of each configuration the newest FINISHED run counts. A run that is damaged, such as one
    without its outcome, is left out with a warning that names it. `uri` is an MLflow store, by
    default `MLFLOW_TRACKING_URI` or `mlflow.db` in the current folder; `experiment` is by default
    `MLFLOW_EXPERIMENT_NAME` or `lr-study`.

    Returns
    - runs: one row per run: `run_id`, `name`, the keys that decide its numbers (`lr`, `seed`,
      ...), `outcome`, `divergence_cause`, `divergence_example` (the training image it died of),
      `divergence_sentence` (how), `diverged_epoch`, `diverged_update`, `best_test_acc`,
      `last_finite_batch_loss`, the metrics of its last epoch (`train_loss`, ...), and where it
      comes from: the sweep that trained it, commit, versions, machine, digests of the data, and
      where a user's own was (`data_root`);
    - epochs: one row per run and epoch: `run_id`, the same keys, `epoch`, and the metrics;
      epoch 0 is the untrained model, which has test metrics only.

    Raises `InputError` for a store or an experiment that is not there or holds no finished run.

    Example: how often did each learning rate fail, and what did the survivors reach?

        runs, epochs = analysis.load_runs()
        runs.groupby("lr")["outcome"].value_counts()
        runs[runs["outcome"] != "diverged"].groupby("lr")["test_acc"].describe()
        epochs.pivot_table(index="epoch", columns="lr", values="test_acc", aggfunc="median")
    """
    found = load_experiment(experiment, uri)
    for reason in found.left_out:
        warnings.warn(f"left out: {reason}", stacklevel=2)
    return found.runs, found.epochs


def load_experiment(experiment: str | None, uri: str | None) -> Experiment:
    """The same, with the reasons why runs are left out instead of warnings."""
    experiment = experiment_name(experiment)
    tracking = open_tracking(store_address(uri), experiment, create=False)
    rows, left_out = _rows(tracking, experiment)
    metrics = _metrics_by_epoch(tracking, [row["run_id"] for row in rows])
    whole, epochs = [], []
    for row in rows:
        try:
            own = [
                epoch_row({"run_id": row["run_id"], "epoch": epoch, **values})
                for epoch, values in metrics[row["run_id"]].items()
            ]
            check_epochs(row, [one["epoch"] for one in own])
        except InputError as error:
            left_out.append(_named(row["run_id"], error))
        else:
            whole.append(row)
            epochs += own
    if not whole:
        some = f" that is whole ({left_out[0]})" if left_out else ""
        raise InputError(
            f"experiment {one_line(experiment)} has no finished run{some}; train something: lrstudy"
        )
    return Experiment(*frames(whole, epochs), named(left_out))


def _rows(tracking: Tracking, experiment: str) -> tuple[list[dict[str, Any]], list[str]]:
    """The newest whole run of each configuration, and the runs of which there is none."""
    rows: dict[str, dict[str, Any]] = {}
    damaged: list[tuple[str, str]] = []
    for run in tracking.runs("tags.kind = 'run' and attributes.status = 'FINISHED'"):
        config_hash = run.data.tags.get("config_hash", "")
        if config_hash in rows:
            continue
        try:
            if reason := damage(run):
                raise InputError(reason)
            rows[config_hash] = run_row(_values(run, experiment))
        except InputError as error:
            damaged.append((config_hash, _named(run.info.run_id, error)))
    return list(rows.values()), [reason for one, reason in damaged if one not in rows]


def _named(run_id: str, error: InputError) -> str:
    return f"MLflow run {one_line(run_id)}: {error}"


def _values(run: Run, experiment: str) -> dict[str, Any]:
    """What MLflow holds of a run, by the columns of the frame."""
    tags, info = run.data.tags, run.info
    return {
        **tags,
        **{key: run.data.params.get(key) for key in PARAMS},
        **{name: run.data.metrics.get(name) for name in RUN_METRICS},
        "run_id": info.run_id,
        "name": info.run_name or "",
        "git_commit": tags.get("mlflow.source.git.commit"),
        "divergence_sentence": _sentence(tags.get(NOTE)),
        "data_root": own_root(run),
        "data_digests": " ".join(one.dataset.digest for one in _datasets(run)),
        "started": info.start_time,
        "experiment": experiment,
        "experiment_id": info.experiment_id,
    }


def _sentence(note: Any) -> str | None:
    """What a run's description says of its death; None where it survived, or somebody edited it."""
    if isinstance(note, str) and note.startswith(DIVERGED):
        return note.removeprefix(DIVERGED)
    return None


def _datasets(run: Run) -> list[DatasetInput]:
    return run.inputs.dataset_inputs if run.inputs else []


def _metrics_by_epoch(
    tracking: Tracking, run_ids: list[str]
) -> dict[str, dict[int, dict[str, float]]]:
    """The metrics of each run, by epoch and name."""
    found: dict[str, dict[int, dict[str, float]]] = {run_id: {} for run_id in run_ids}
    for name in (*EPOCH_METRICS, SILENT):
        for run_id, history in tracking.histories(run_ids, name).items():
            for epoch, value in history.items():
                found[run_id].setdefault(epoch, {})[name] = value
    return found
