"""The sweeps of an experiment: the commands behind its runs."""

import json
import tempfile
from pathlib import Path

import pandas as pd
from mlflow.entities import Run
from mlflow.exceptions import MlflowException

from runner.tracking import RunLog, Tracking, experiment_name, open_tracking, store_address

COLUMNS = ["sweep_id", "run_id", "command", "started", "config_hashes"]


def load_sweeps(experiment: str | None = None, uri: str | None = None) -> pd.DataFrame:
    """One row per sweep of an experiment, the oldest first.

    Columns: `sweep_id`, `run_id` (the run that stands for the sweep), `command` (as typed),
    `started`, and `config_hashes`, those of all its configurations, with a space between.

    Raises `InputError` for a store or an experiment that is not there.
    """
    tracking = open_tracking(store_address(uri), experiment_name(experiment), create=False)
    rows = [
        {
            "sweep_id": run.data.tags["sweep_id"],
            "run_id": run.info.run_id,
            "command": run.data.tags.get("command", ""),
            "started": pd.Timestamp(run.info.start_time, unit="ms", tz="UTC"),
            "config_hashes": " ".join(_planned(tracking, run)),
        }
        for run in tracking.runs("tags.kind = 'sweep'")
    ]
    return pd.DataFrame(rows[::-1], columns=COLUMNS)


def _planned(tracking: Tracking, run: Run) -> list[str]:
    """The configurations of a sweep's plan, which counts those finished before it too.

    Where the plan is lost, those of the runs that the sweep trained itself.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = tracking.client.download_artifacts(run.info.run_id, "plan.json", folder)
            plan = json.loads(Path(path).read_text(encoding="utf-8"))
            return [row["config_hash"] for row in plan]
    except (MlflowException, OSError):
        own = f"tags.kind = 'run' and tags.sweep_id = '{run.data.tags['sweep_id']}'"
        return [one.data.tags["config_hash"] for one in tracking.runs(own)]


def log_to_sweeps(
    sweeps: pd.DataFrame, experiment: str | None, uri: str | None, files: list[Path]
) -> None:
    """Log files as artifacts of each of these sweeps, in the folder `report`.

    Raises `OSError` or `MlflowException` where the artifacts cannot be written.
    """
    tracking = open_tracking(store_address(uri), experiment_name(experiment), create=False)
    for run_id in sweeps["run_id"]:
        for file in files:
            RunLog(tracking.client, run_id).file(file, "report")
