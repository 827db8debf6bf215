"""The report's sections beyond the table: each stands only where the runs carry it."""

import contextlib
from typing import Any

import pandas as pd

from analysis.answer import worth
from analysis.comparison import Comparison, compare
from analysis.counterfactuals.section import counterfactual_section
from analysis.counterfactuals.tables import doomed_seeds
from analysis.edge.section import edge_section
from analysis.figures import printed_beside_ours
from analysis.frozen.section import frozen_section
from analysis.parameters import load_parameters
from analysis.published import load_published
from analysis.statistics import matching
from runner import data
from runner.console import plural
from runner.data import Split
from runner.errors import InputError

Section = dict[str, Any]
"""What a section's template needs; `picture` is an SVG, `worth` a sentence for the top."""


def sections(runs: pd.DataFrame, epochs: pd.DataFrame, uri: str | None) -> dict[str, Section]:
    """The sections that these runs carry, by name, in the order of the page.

    What needs the images is left out on a machine that has no Fashion-MNIST.
    """
    splits = data.load() if data.locate() else None
    found: dict[str, Section | None] = {}
    compared = compare(load_published(), runs, epochs)
    if compared:
        frozen = frozen_section(runs, epochs, *splits) if splits else None
        calls = {one.name: one.frozen for one in frozen["verdicts"]} if frozen else {}
        found["comparison"] = _comparison(compared, calls)
        found["frozen"] = frozen
    doomed = _doomed(runs, splits[0], uri) if splits else pd.DataFrame()
    found["counterfactuals"] = counterfactual_section(runs, epochs, doomed)
    found["edge"] = edge_section(runs, epochs, splits[0] if splits else None, uri)
    return {name: section for name, section in found.items() if section}


def _comparison(compared: list[Comparison], frozen: dict[str, bool]) -> Section:
    """The printed figures beside ours; `frozen` says which sequence a frozen model prints."""
    bounded = [one for one in compared if any(check.inside is not None for check in one.checks)]
    return {
        "sequences": compared,
        "sentences": _verdicts(compared),
        "picture": printed_beside_ours(bounded) if bounded else None,
        "worth": worth(compared, frozen),
    }


def _verdicts(compared: list[Comparison]) -> list[str]:
    judged = [one for one in compared if one.p_holm is not None]
    if not judged:
        return ["No printed sequence has sixty runs of ours beside it, so none is judged."]
    checks = [check for one in judged for check in one.checks]
    inside = sum(bool(check.inside) for check in checks)
    odd = [one.printed.name for one in judged if one.verdict == "not consistent"]
    said = [
        f"{len(judged)} printed {plural(len(judged), 'sequence')} of {len(compared)} can be put "
        f"beside at least sixty runs of ours; {inside} of their {len(checks)} figures lie in the "
        "interval that holds 95 of 100 runs."
    ]
    if odd:
        said.append(f"Not consistent with our runs: {'; '.join(odd)}. The others are consistent.")
    else:
        said.append("Each is one that our program could have printed.")
    return said


def _doomed(runs: pd.DataFrame, train_split: Split, uri: str | None) -> pd.DataFrame:
    """How many training images have a gradient that is not finite, for each seed's first model."""
    drawn = matching(runs, {"init_sigma": 1.0}).drop_duplicates("seed")
    parameters = {}
    for run in drawn.to_dict("records"):
        with contextlib.suppress(InputError):  # a run whose artifacts are gone says nothing
            parameters[int(run["seed"])] = load_parameters(run["run_id"], uri)[:2]
    images = train_split.images.reshape(len(train_split.labels), -1)
    return doomed_seeds(images, train_split.labels, parameters)
