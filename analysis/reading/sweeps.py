"""The sweeps of an experiment: the commands behind its runs."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.entities import Run

from analysis.reading.rows import SWEEP_COLUMNS, named, sweep_row
from runner.process import InputError, experiment_name, one_line, store_address
from runner.tracking import (
    IDENTIFIER,
    RunLog,
    Tracking,
    open_tracking,
    read_artifact,
)


def load_sweeps(experiment: str | None, uri: str | None) -> tuple[pd.DataFrame, list[str]]:
    """One row per sweep of an experiment, the oldest first; and what is damaged of them.

    Columns: `sweep_id`, `run_id` (the run that stands for the sweep), `command` (as typed),
    `started`, and `config_hashes`, those of all its configurations, with a space between.

    Raises `InputError` for a store or an experiment that is not there.
    """
    tracking = open_tracking(store_address(uri), experiment_name(experiment), create=False)
    rows: list[dict[str, Any]] = []
    damaged: list[str] = []
    for run in tracking.runs("tags.kind = 'sweep'"):
        row = {
            **run.data.tags,
            "run_id": run.info.run_id,
            "command": run.data.tags.get("command", ""),
            "started": run.info.start_time,
            "config_hashes": "",
        }
        try:
            row = sweep_row(row)
        except InputError as error:
            damaged.append(f"MLflow run {one_line(run.info.run_id)} of a sweep: {error}")
            continue
        try:
            planned = _planned(run, tracking.uri)
        except InputError as error:
            damaged.append(f"{error}; the runs that this sweep trained stand for its plan")
            planned = _trained(tracking, row["sweep_id"])
        rows.append({**row, "config_hashes": " ".join(planned)})
    return pd.DataFrame(rows[::-1], columns=SWEEP_COLUMNS), named(damaged)


def _planned(run: Run, uri: str) -> list[str]:
    """The configurations of a sweep's plan, which counts those finished before it too."""
    content = read_artifact(run, "plan.json", uri)
    try:
        hashes = [row["config_hash"] for row in json.loads(content)]
        if not all(IDENTIFIER.fullmatch(one) for one in hashes):
            raise ValueError("a config_hash is not hexadecimal")
    except (LookupError, RecursionError, TypeError, ValueError) as error:
        raise InputError(
            f"plan.json of MLflow run {run.info.run_id} is not the plan of a sweep"
        ) from error
    return hashes


def _trained(tracking: Tracking, sweep_id: str) -> list[str]:
    """The configurations of the runs that a sweep trained itself."""
    own = tracking.runs(f"tags.kind = 'run' and tags.sweep_id = '{sweep_id}'")
    hashes = (run.data.tags.get("config_hash", "") for run in own)
    return [one for one in hashes if IDENTIFIER.fullmatch(one)]


def log_to_sweeps(
    sweeps: pd.DataFrame, experiment: str | None, uri: str | None, files: list[Path]
) -> None:
    """Log files as artifacts of each of these sweeps, in the folder `report`.

    Raises `OSError` or `MlflowException` where the artifacts cannot be written.
    """
    tracking = open_tracking(store_address(uri), experiment_name(experiment), create=False)
    for run_id in sweeps["run_id"]:
        with RunLog(tracking.client, run_id).artifacts() as logged:
            for file in files:
                shutil.copy(file, logged.path(f"report/{file.name}"))
