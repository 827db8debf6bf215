"""What MLflow's UI shows for an experiment: a note, and views with the columns that matter."""

import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

from mlflow import MlflowClient

NOTE = "mlflow.note.content"
"""The tag that the UI shows as the description of an experiment or a run, in Markdown."""

DIVERGED = "**Diverged**. "
"""What the description of a run that diverged begins with; its post-mortem's sentence follows."""

COLUMNS = (
    "params.`lr`",
    "params.`seed`",
    "tags.`outcome`",
    "metrics.`test_acc`",
    "metrics.`test_loss`",
    "metrics.`diverged`",
    "metrics.`diverged_update`",
    "metrics.`train_loss`",
    "params.`batch_size`",
    "params.`loss`",
)
"""In MLflow's notation. The UI leaves out columns that no run has."""

RUNS: dict[str, Any] = {
    "searchFilter": "tags.kind = 'run'",
    "selectedColumns": COLUMNS,
    "columnOrder": COLUMNS,
    "runsHiddenMode": "SHOW_ALL",
}
BY_LEARNING_RATE = RUNS | {
    "groupBy": {
        "aggregateFunction": "average",
        "groupByKeys": [{"mode": "param", "groupByData": "lr"}],
    }
}
VIEWS = {"runs": RUNS, "by_learning_rate": BY_LEARNING_RATE}
"""States of the UI, by the name under which it shares them."""

LINKS = {
    "runs": "viewStateShareKey=runs",
    "by_learning_rate": "viewStateShareKey=by_learning_rate",
    "curves": "viewStateShareKey=runs&compareRunsMode=CHART",
    "mean_curves": "viewStateShareKey=by_learning_rate&compareRunsMode=CHART",
}


def page(experiment_id: str, link: str) -> str:
    """The path of one of `LINKS` on the server, in the UI's machine-learning mode."""
    return f"#/experiments/{experiment_id}/runs?workflowType=machine_learning&{LINKS[link]}"


def describe(client: MlflowClient, experiment_id: str, tags: Mapping[str, str]) -> None:
    """Give an experiment its note and views, except those already among its `tags`."""
    text = (
        resources.files("runner.tracking")
        .joinpath("experiment_note.md")
        .read_text(encoding="utf-8")
    )
    note = re.sub(r"\(@(\w+)\)", lambda found: f"({page(experiment_id, found[1])})", text)
    views = {f"mlflow.sharedViewState.{name}": json.dumps(state) for name, state in VIEWS.items()}
    for name, value in {NOTE: note, **views}.items():
        if name not in tags:
            client.set_experiment_tag(experiment_id, name, value)
