"""The report's sections: each stands only where the runs carry it, else the report says why not."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.figures import printed_beside_ours
from analysis.printed import LEVEL, Comparison, compare, load_published
from analysis.reading import Study, load_parameters
from analysis.report.answer import answer
from analysis.report.caveats import warnings
from analysis.sections import (
    counterfactual_section,
    doomed_seeds,
    edge_section,
    frozen_section,
    model_sections,
    overview,
    two_sweeps_section,
)
from analysis.statistics import matching, summarise
from runner import data
from runner.data import Split
from runner.process import InputError, plural

RESAMPLING_SEED = 0
"""The same runs give the same report, although some intervals are drawn."""

Section = dict[str, Any]
"""What a section's templates need; `picture` is an SVG."""


@dataclass(frozen=True)
class Findings:
    """All that the report says of a study's runs.

    `answer` has three sentences, `sections` stand by name in the order of the page, `left_out`
    says of each section that is not there why it has nothing to show.
    """

    summary: pd.DataFrame
    answer: list[str]
    warnings: list[str]
    sections: Mapping[str, Section]
    left_out: list[str]


def findings(study: Study, two_sweeps: tuple[str, str] | None = None) -> Findings:
    """Everything that the runs of a study carry; `two_sweeps` are the ids of two to compare.

    What needs the images is left out on a machine that has no Fashion-MNIST, what needs
    trained parameters where the study has no artifacts.
    """
    rng = np.random.default_rng(RESAMPLING_SEED)
    runs, epochs = study.runs, study.epochs
    summary = summarise(runs, epochs, rng)
    train_split, test_split = data.load() if data.locate() else (None, None)
    compared = compare(load_published(), runs, epochs)
    frozen = None
    if compared and train_split and test_split:
        frozen = frozen_section(runs, epochs, train_split, test_split)
    calls = {one.name: one.frozen for one in frozen["verdicts"]} if frozen else {}
    doomed = _doomed(study, train_split) if train_split and study.artifacts else pd.DataFrame()
    edge = edge_section(runs, epochs, train_split if study.artifacts else None, study.uri)
    made: dict[str, Section | str] = {}
    if two_sweeps:
        made["two_sweeps"] = two_sweeps_section(study, *two_sweeps, rng)
    made |= overview(runs, epochs, rng, on_a_grid=edge is not None)
    made["counterfactuals"] = counterfactual_section(runs, epochs, doomed) or (
        "forms of the loss beside each other: the article's settings were run with one at most"
    )
    made["comparison"] = _comparison(compared) or (
        "the printed figures beside ours: no run has the settings of a printed sequence"
    )
    made["frozen"] = frozen or (
        "the test whether a printed model moved: it takes Fashion-MNIST and runs to compare with"
    )
    made["edge"] = edge or (
        "where the edge is: no ten learning rates were run with the same seeds and settings"
    )
    made |= model_sections(study, test_split)
    sections = {name: one for name, one in made.items() if isinstance(one, dict)}
    pictured = (one for one in sections.values() if one.get("picture"))
    for number, section in enumerate(pictured, start=1):
        section["number"] = number
    return Findings(
        summary=summary,
        answer=answer(summary, compared, calls),
        warnings=warnings(summary, runs, epochs),
        sections=sections,
        left_out=[one for one in map(_why_left_out, made.values()) if one],
    )


def _why_left_out(made: Section | str) -> str | None:
    """Why there is no such section, or no picture in it; None where there is."""
    if isinstance(made, str):
        return made
    return None if made.get("picture") else made.get("no_picture")


def _comparison(compared: list[Comparison]) -> Section | None:
    """The printed figures beside ours."""
    if not compared:
        return None
    bounded = [one for one in compared if any(check.inside is not None for check in one.checks)]
    judged = [one for one in compared if one.p_holm is not None]
    least = [len(judged) / (one.alive + 1) for one in judged]  # p-values by rank, corrected
    return {
        "sequences": compared,
        "sentences": _verdicts(compared),
        "judged": len(judged),
        "rank_is_powerless": bool(least) and min(least) >= LEVEL,
        "picture": printed_beside_ours(bounded) if bounded else None,
        "no_picture": "the printed figures beside ours: no printed sequence has 39 runs of ours "
        "beside it, which an interval needs",
    }


def _verdicts(compared: list[Comparison]) -> list[str]:
    judged = [one for one in compared if one.p_holm is not None]
    if not judged:
        return [
            "No printed sequence has sixty runs of ours in sixty orders beside it, so none is "
            "judged."
        ]
    checks = [check for one in judged for check in one.checks]
    inside = sum(bool(check.inside) for check in checks)
    odd = [one.printed.name for one in judged if one.verdict == "not consistent"]
    said = [
        f"{len(judged)} printed {plural(len(judged), 'sequence')} of {len(compared)} can be put "
        f"beside at least sixty runs of ours in sixty orders; {inside} of their "
        f"{len(checks)} figures lie in the interval that holds 95 of 100 runs."
    ]
    if odd:
        said.append(f"Not consistent with our runs: {'; '.join(odd)}. The others are consistent.")
    else:
        said.append("Each is one that our program could have printed.")
    return said


def _doomed(study: Study, train_split: Split) -> pd.DataFrame:
    """How many training images have a gradient that is not finite, for each seed's first model."""
    drawn = matching(study.runs, {"init_sigma": 1.0}).drop_duplicates("seed")
    parameters = {}
    for run in drawn.to_dict("records"):
        with contextlib.suppress(InputError):  # a run whose artifacts are gone says nothing
            parameters[int(run["seed"])] = load_parameters(run["run_id"], study.uri)[:2]
    images = train_split.images.reshape(len(train_split.labels), -1)
    return doomed_seeds(images, train_split.labels, parameters)
