"""The runs of a study as columns, for the script of the page that shows one run at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.formatting import plain
from analysis.reading import PARAMS, Study
from analysis.report.provenance import command_of
from analysis.sections import in_words
from analysis.statistics import SEEDS, updates_per_epoch
from runner.losses import CAUSE_NAMES, LOSSES

ALWAYS = {"loss": "form of the loss", "lr": "learning rate", "batch_size": "batch size"}
"""The keys that are chosen first, and what they are called."""

LABELS = {
    **ALWAYS,
    "init_sigma": "initial \N{GREEK SMALL LETTER SIGMA}",
    "draws": "random numbers",
    "order_seed": "seed of the order",
}
"""What keys are called; the others by their names."""

DIGITS = 4
"""Of accuracies and losses, as in the page's tables."""


def explorer(study: Study, dots: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The runs as a dict for JSON; in each list the runs stand in the order of the frame.

    - `keys`: those that runs are chosen by, in the order of choice: a `label`, the `values` as
      texts, which of them each run has (`of`), whether the key is `always` offered, else only
      where there is a choice, and whether it is a seed, so that runs of one setting differ in it
      by `chance`;
    - `run_id`, `command` (trains the run again), `outcome`, `epochs` (asked for), `cause` and
      `sentence` (of the post-mortem, None where there is none);
    - `died`: the epoch in which a run diverged, the updates completed by then, and these in
      epochs; None for survivors;
    - `test_acc` and `test_loss`: a list by epoch for each run, None for what is not finite;
    - `dots`: the runs of the headline figure's dots, by the id of their group in the picture.

    `dots` are the same as run ids.
    """
    runs = study.runs
    numbers = {run_id: number for number, run_id in enumerate(runs["run_id"])}
    rows = runs.to_dict("records")
    return {
        "keys": _keys(runs),
        "run_id": list(numbers),
        "command": [command_of(row) for row in rows],
        "outcome": runs["outcome"].tolist(),
        "epochs": runs["epochs"].tolist(),
        "cause": [one and CAUSE_NAMES.get(one, one) for one in _texts(runs["divergence_cause"])],
        "sentence": _texts(runs["divergence_sentence"]),
        "died": _died(runs),
        "test_acc": _curves(study, "test_acc"),
        "test_loss": _curves(study, "test_loss"),
        "dots": {group: [numbers[one] for one in run_ids] for group, run_ids in dots.items()},
    }


def _keys(runs: pd.DataFrame) -> list[dict[str, Any]]:
    others = [key for key in PARAMS if key not in (*ALWAYS, *SEEDS) and runs[key].nunique() > 1]
    found = {key: runs[key] for key in (*ALWAYS, *others, *SEEDS)}
    alike = runs.groupby(list(PARAMS)).cumcount() + 1
    if alike.max() > 1:  # the data may differ under the same name
        found["run"] = alike
    return [_key(key, column) for key, column in found.items()]


def _key(key: str, column: "pd.Series[Any]") -> dict[str, Any]:
    values = sorted(column.unique().tolist(), key=list(LOSSES).index if key == "loss" else None)
    places = {value: place for place, value in enumerate(values)}
    return {
        "label": LABELS.get(key, key),
        "values": [in_words(key, one) if isinstance(one, str) else plain(one) for one in values],
        "of": column.map(places).tolist(),
        "always": key in (*ALWAYS, "seed"),
        "chance": key in (*SEEDS, "run"),
    }


def _died(runs: pd.DataFrame) -> list[tuple[int, int, float] | None]:
    epochs, updates = runs["diverged_epoch"], runs["diverged_update"]
    places = np.maximum(epochs - 1, updates / updates_per_epoch(runs)).round(3)
    return [
        (int(epoch), int(update), place) if outcome == "diverged" else None
        for outcome, epoch, update, place in zip(
            runs["outcome"], epochs, updates, places, strict=True
        )
    ]


def _curves(study: Study, metric: str) -> list[list[float | None]]:
    epochs = study.epochs.sort_values("epoch")
    curves = epochs.groupby("run_id")[metric].agg(list)
    return [
        [round(value, DIGITS) if np.isfinite(value) else None for value in curves[run_id]]
        for run_id in study.runs["run_id"]
    ]


def _texts(column: "pd.Series[Any]") -> list[str | None]:
    return [one if isinstance(one, str) else None for one in column]
