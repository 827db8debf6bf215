"""What people do about nan, put to the test: what it prevents, what it costs and what it hides."""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from analysis.formatting import USUAL, plain, words
from analysis.reading import PARAMS, SILENT
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.statistics import (
    FEWEST,
    SEEDS,
    Estimate,
    accuracies,
    commonest,
    matching,
    mean,
    same_seeds,
    seeds_and_orders,
    share,
)
from runner.losses import LOSSES

NOTHING = "none"

REMEDIES: tuple[Mapping[str, Any], ...] = (
    {},
    {"loss": "log_eps"},
    {"loss": "log_clip"},
    {"loss": "max_pick_log"},
    {"clip_gradient": 1.0},
    {"dtype": "float64"},
    {"loss": "log_softmax"},
    {"init_sigma": 0.01},
)
"""What each remedy changes; a lower learning rate is a row of each."""

CHANGED = sorted({key for changed in REMEDIES for key in changed})
SETTINGS = [key for key in PARAMS if key not in ("lr", "on_divergence", *CHANGED, *SEEDS)]
"""What all runs that are compared have in common."""

EXACT = "loss=log_softmax"
"""The remedy whose accuracy the others are compared with: its gradient is exact where it lives."""

STUDIED = (EXACT, "init_sigma=0.01")
"""What other presets run too: these alone do not put remedies to the test."""

SOUND = "no run became nan, and no example was silent in the last epoch"

UNTRIED = (
    "what helps against nan: the article's loss and its remedies were not run on the same seeds and "
    "orders"
)


def _make(evidence: Evidence) -> Contents | str:
    groups = _on_the_same_seeds(evidence.runs)
    if NOTHING not in groups or not set(groups) - {NOTHING, *STUDIED}:
        return UNTRIED
    rows = list(_rows(groups, evidence.epochs))
    return {"rows": rows, "sentences": sentences(rows), "exact": EXACT if EXACT in groups else ""}


def _on_the_same_seeds(runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The runs of each remedy that was tried, at the rates, seeds and orders that all of them have.

    They share the settings at which most runs were made that no other preset makes. Empty where
    there is no such run, or no seed and order that all of them have.
    """
    named = {" ".join(words(changed)) or NOTHING: changed for changed in REMEDIES}
    asked = [matching(runs, named[name]) for name in named if name not in (NOTHING, *STUDIED)]
    asked_for = pd.concat(asked, ignore_index=True)
    if asked_for.empty:
        return {}
    most = commonest(asked_for, pd.Series(1, index=asked_for.index), SETTINGS).iloc[0]
    usual = {key: USUAL[key] for key in CHANGED} | {key: most[key] for key in SETTINGS}
    keys = ["lr", *SEEDS]
    tried = {}
    for name, changed in named.items():
        found = matching(runs, {**usual, **changed}).drop_duplicates(keys)
        if len(found):
            tried[name] = found.set_index(keys, drop=False)
    if not tried:
        return {}
    common = reduce(pd.Index.intersection, (one.index for one in tried.values()))
    if common.empty:
        return {}
    return {name: one[one.index.isin(common)].reset_index(drop=True) for name, one in tried.items()}


def _rows(groups: Mapping[str, pd.DataFrame], epochs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """What each remedy did at each learning rate, the largest first."""
    for name, runs in groups.items():
        for lr in sorted(runs["lr"].unique(), reverse=True):
            group = matching(runs, {"lr": lr})
            died = group["outcome"] == "diverged"
            table = accuracies(group, epochs)
            against = matching(groups[EXACT], {"lr": lr}) if EXACT in groups else group.head(0)
            pairs = same_seeds(table, accuracies(against, epochs))
            labels = seeds_and_orders(group)
            yield {
                **{"remedy": name, "lr": lr, "runs": len(group), "died": int(died.sum())},
                "share": share(died, *labels),
                "accuracy": mean(table["accuracy"].to_numpy(), *labels).within(0, 1),
                "cost": _cost(pairs[pairs["survived"]]) if name != EXACT else Estimate(np.nan),
                "silent": _silent(group[~died], epochs),
            }


def _cost(pairs: pd.DataFrame) -> Estimate:
    """The mean difference of the pairs of `same_seeds`; nan where there is none."""
    if pairs.empty:
        return Estimate(np.nan)
    difference = (pairs["first"] - pairs["second"]).to_numpy()
    return mean(difference, *seeds_and_orders(pairs)).within(-1, 1)


def _silent(survivors: pd.DataFrame, epochs: pd.DataFrame) -> list[pd.Series] | None:
    """The silent examples of each run in its first epoch and in its last; None: it has none."""
    if survivors.empty or any(LOSSES[one].silent_loss is None for one in survivors["loss"]):
        return None
    counts = epochs.set_index(["run_id", "epoch"])[SILENT]
    ends = (pd.Series(1, survivors.index), survivors["epochs"])
    return [counts[list(zip(survivors["run_id"], end, strict=True))] for end in ends]


def sentences(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which remedy prevents nan, which hides examples, and which to use."""
    names = list(dict.fromkeys(row["remedy"] for row in rows))
    of = {name: [row for row in rows if row["remedy"] == name] for name in names}
    died = {name: sum(row["died"] for row in of[name]) for name in names}
    tried = sum(row["runs"] for row in of[NOTHING])
    said = [f"Without a remedy {died[NOTHING]} of {tried} runs became nan."]
    *higher, slowest = of[NOTHING]
    if higher:
        said.append(
            f"A lower learning rate alone: at {plain(slowest['lr'])}, {slowest['died']} of "
            f"{slowest['runs']} still became nan."
        )
    if any(row["runs"] < FEWEST for row in rows):
        return [*said, f"With fewer than {FEWEST} runs of each, nothing more can be said."]
    hidden = {
        name: max((float(row["silent"][1].max()), row["lr"]) for row in of[name] if row["silent"])
        for name in names
        if any(row["silent"] for row in of[name])
    }
    said += [
        f"With {name}, up to {most:,.0f} training examples of a surviving run were silent in its "
        f"last epoch (at learning rate {plain(lr)}). Nothing was learned from them, and no nan "
        "says so."
        for name, (most, lr) in hidden.items()
        if most
    ]
    sound = [name for name in names[1:] if not died[name] and not hidden.get(name, (0,))[0]]
    if not sound:
        return [*said, "No remedy prevented every nan without silent examples."]
    if EXACT not in sound:
        return [*said, f"Use {' or '.join(sound)}: {SOUND}."]
    said.append(f"Use {EXACT}: {SOUND}.")
    others = " or ".join(name for name in sound if name != EXACT)
    if others:
        said.append(
            f"No run became nan with {others} either, but there the loss can still overflow."
        )
    return said


REMEDIES_TRIED = Section(
    name="remedies",
    make=_make,
    tables="""\
{% macro silent(counts) %}{{ counts.median() | figure(0) }} ({{ counts.min() | figure(0) }} to {{ counts.max() | figure(0) }}){% endmacro %}
### What helps against nan

{% for sentence in section.sentences %}
- {{ sentence }}
{% endfor %}

| remedy | learning rate | runs | became nan | share of them, % | mean test accuracy |{% if section.exact %} difference from {{ section.exact | code }} |{% endif %} silent, first epoch | silent, last epoch |
|---|---:|---:|---:|---:|---:|{% if section.exact %}---:|{% endif %}---:|---:|
{% for row in section.rows %}
| {{ row.remedy | code }} | {{ row.lr | plain }} | {{ row.runs }} | {{ row.died }} | {{ (100 * row.share.low) | figure(0) }} to {{ (100 * row.share.high) | figure(0) }} | {{ estimate(row.accuracy, 3) }} |{% if section.exact %} {{ estimate(row.cost, 3) }} |{% endif %} {% if row.silent %}{{ silent(row.silent[0]) }} | {{ silent(row.silent[1]) }}{% else %}– | –{% endif %} |
{% endfor %}

> All remedies on the same seeds and orders. Mean test accuracy: after the last epoch, of all runs; a run that became nan scores what it scored before training. Difference: over the seeds and orders on which both runs survived. Silent: how many training examples of the epoch had a gradient by the label's logit of less than a hundredth of the exact one, so that nothing is learned from them; the median and the range of the runs that survived. Other brackets, and the shares, are 95 % intervals, which allow for seeds crossed with orders.
""",
)
