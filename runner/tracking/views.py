"""What MLflow's UI shows for an experiment: a note, and views with the columns that matter."""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from statistics import fmean
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Run

from runner.tracking.experiment import Tracking
from runner.tracking.headline import FORMS, RATES, TAG, is_whole, tag_headline, tagged

NOTE = "mlflow.note.content"
"""The tag that the UI shows as the description of an experiment or a run, in Markdown."""

DIVERGED = "**Diverged**. "
"""What the description of a run that diverged begins with; its post-mortem's sentence follows."""

COLUMNS = (
    "params.`loss`",
    "params.`init_sigma`",
    "params.`lr`",
    "params.`seed`",
    "tags.`outcome`",
    "metrics.`test_acc`",
    "metrics.`diverged`",
    "metrics.`test_loss`",
    "metrics.`diverged_update`",
    "metrics.`train_loss`",
    "params.`batch_size`",
)
"""In MLflow's notation. The UI leaves out columns that no run has."""


def _by(*params: str) -> dict[str, Any]:
    """The part of a view that groups runs by parameters."""
    keys = [{"mode": "param", "groupByData": name} for name in params]
    return {"groupBy": {"aggregateFunction": "average", "groupByKeys": keys}}


RUNS: dict[str, Any] = {
    "searchFilter": "tags.kind = 'run'",
    "selectedColumns": COLUMNS,
    "columnOrder": COLUMNS,
    "runsHiddenMode": "SHOW_ALL",
}
LINE = "attributes.`Run Name`"
WIDTHS = {
    LINE: 300,
    "metrics.`test_acc`": 210,
    "metrics.`diverged`": 140,
    "metrics.`diverged_update`": 170,
    "metrics.`test_loss`": 170,
    "tags.`outcome`": 100,
    "params.`seed`": 80,
}
"""Columns of the headline's view, in pixels: the name of a group is to be read, and a mean."""

BY_SETTING = (
    RUNS
    | _by("loss", "init_sigma", "lr", "batch_size", "division")
    | {"columnOrder": (LINE, *COLUMNS), "columnWidths": {LINE: 540}}
)
SECTION = {"uuid": TAG, "name": "Headline", "display": True, "isReordered": True, "deleted": False}
CHART = {"metricSectionId": TAG, "runsCountToCompare": 10, "deleted": False, "isGenerated": False}
HEADLINE = (
    RUNS
    | _by("loss", "lr")
    | {
        "searchFilter": f"tags.{TAG} = 'yes'",
        "selectedColumns": [name for name in WIDTHS if name != LINE],
        "columnOrder": list(WIDTHS),
        "columnWidths": WIDTHS,
        "orderByKey": "params.`lr`",
        "orderByAsc": False,
        "groupsExpanded": {
            f"param.loss.{loss},param.lr.{lr}": False
            for loss, lr in itertools.product(FORMS, RATES)
        },
        "isAccordionReordered": True,
        "compareRunSections": [SECTION],
        "compareRunCharts": [
            CHART | {"type": "BAR", "uuid": "bars-diverged", "metricKey": "diverged"},
            CHART | {"type": "BAR", "uuid": "bars-test_acc", "metricKey": "test_acc"},
            CHART | {"type": "LINE", "uuid": "lines-test_acc", "metricKey": "test_acc"},
        ],
    }
)
"""The runs of the headline by form and learning rate, in nine lines, and charts of them.

The keys are those of the UI's own state, as it stores a view that is shared.
"""

VIEWS = {"runs": RUNS, "by_setting": BY_SETTING, "headline": HEADLINE}
"""States of the UI, by the name under which it shares them."""

LINKS = {
    "runs": "viewStateShareKey=runs",
    "by_setting": "viewStateShareKey=by_setting",
    "headline": "viewStateShareKey=headline",
    "headline_charts": "viewStateShareKey=headline&compareRunsMode=CHART",
    "curves": "viewStateShareKey=runs&compareRunsMode=CHART",
    "mean_curves": "viewStateShareKey=by_setting&compareRunsMode=CHART",
}

FIGURE = re.compile(r"\d+(\.\d+)?")


def page(experiment_id: str, link: str) -> str:
    """The path of one of `LINKS` on the server, in the UI's machine-learning mode."""
    return f"#/experiments/{experiment_id}/runs?workflowType=machine_learning&{LINKS[link]}"


def opening_page(tracking: Tracking) -> str:
    """The path that the UI is best opened at: the headline, or all runs where it is not there."""
    return page(tracking.experiment_id, "headline" if is_whole(tagged(tracking)) else "runs")


def describe(client: MlflowClient, experiment_id: str, tags: Mapping[str, str]) -> None:
    """Give an experiment its note and views, except those already among its `tags`."""
    note = re.sub(r"\(@(\w+)\)", lambda found: f"({page(experiment_id, found[1])})", _template())
    views = {f"mlflow.sharedViewState.{name}": json.dumps(state) for name, state in VIEWS.items()}
    for name, value in {NOTE: note, **views}.items():
        if name not in tags:
            client.set_experiment_tag(experiment_id, name, value)


def tell_headline(tracking: Tracking, finished: Mapping[str, Run]) -> None:
    """Tag the runs of the headline among `finished`; once all are there, begin the note with it.

    `finished` has the newest finished run of each `config_hash`. The note's first line is replaced
    only where it is the question that it began with, or an earlier finding.
    """
    if not tag_headline(tracking, finished):
        return
    runs = tagged(tracking)
    if not is_whole(runs):
        return
    client, experiment_id = tracking.client, tracking.experiment_id
    note = client.get_experiment(experiment_id).tags.get(NOTE, "")
    first, _, rest = note.partition("\n")
    links = (
        f"[{title}]({page(experiment_id, link)})"
        for title, link in (("Runs", "headline"), ("charts", "headline_charts"))
    )
    finding = f"**{_finding(runs)}** {', '.join(links)}."
    is_ours = first == _template().partition("\n")[0] or _words(first) == _words(finding)
    if is_ours and first != finding:
        client.set_experiment_tag(experiment_id, NOTE, f"{finding}\n{rest}")


def _template() -> str:
    note = resources.files("runner.tracking").joinpath("experiment_note.md")
    return note.read_text(encoding="utf-8")


def _words(text: str) -> str:
    return FIGURE.sub("#", text)


def _finding(runs: Sequence[Run]) -> str:
    """What the runs of the headline say, in one line of the UI."""

    def of(loss: str, lr: float) -> list[Run]:
        own = {"loss": loss, "lr": str(lr)}
        return [run for run in runs if own.items() <= run.data.params.items()]

    def lost(loss: str) -> str:
        all_runs = of(loss, RATES[0])
        died = sum(run.data.tags["outcome"] == "diverged" for run in all_runs)
        return f"{died} of {len(all_runs)}"

    def mean(lr: float) -> str:
        return f"{fmean(run.data.metrics['test_acc'] for run in of('log_softmax', lr)):.3f}"

    first, *others = RATES
    return (
        f"At learning rate {first:g}, {lost('pick_log')} runs of `pick_log` diverged, "
        f"{lost('log_softmax')} of `log_softmax`. "
        f"Its accuracy is {mean(first)}; at lower rates, {' and '.join(map(mean, others))}."
    )
