"""What the report says of a study: its sections, and why some are left out."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.printed import Comparison
from analysis.reading import Study
from analysis.report.answer import answer
from analysis.report.caveats import warnings
from analysis.sections import SECTIONS, Contents, Evidence, UserTable


@dataclass(frozen=True)
class Findings:
    """All that the report says of a study's runs.

    `answer` has three sentences, two where nothing printed is compared, `comparisons` what they say
    of printed figures, `sections` are contents by name in the order of the page, with the `number`
    of their figure. `left_out` says of each section or picture that is not there why it has
    nothing to show. `of_article` is whether any run has the article's data, `table` the file of a
    user's printed figures, which then stand in for the published ones.
    """

    summary: pd.DataFrame
    answer: list[str]
    of_article: bool
    warnings: list[str]
    comparisons: list[Comparison]
    sections: Mapping[str, Contents]
    left_out: list[str]
    table: str | None = None


def findings(
    study: Study,
    two_sweeps: tuple[str, str] | None = None,
    table: UserTable | None = None,
) -> Findings:
    """Everything that the runs of a study carry; `two_sweeps` are the ids of two to compare.

    What needs the images is left out on a machine that does not have them, what needs
    trained parameters where the study has no artifacts.
    """
    evidence = Evidence(study, two_sweeps, table)
    made = {section.name: section.make(evidence) for section in SECTIONS}
    sections = {name: one for name, one in made.items() if isinstance(one, dict)}
    pictured = (name for name, one in sections.items() if one.get("picture"))
    for number, name in enumerate(pictured, start=1):
        sections[name] = {**sections[name], "number": number}
    frozen = evidence.frozen_test.frozen if evidence.frozen_test else {}
    file = table.name if table else None
    reasons = map(_why_left_out, made.values())
    return Findings(
        summary=evidence.summary,
        answer=answer(
            evidence.summary,
            evidence.runs,
            evidence.epochs,
            evidence.comparisons,
            frozen,
            file,
            evidence.with_printed,
        ),
        of_article=evidence.of_article,
        warnings=warnings(evidence.summary, evidence.runs, evidence.epochs),
        comparisons=evidence.comparisons,
        sections=sections,
        left_out=list(dict.fromkeys([*study.left_out, *filter(None, reasons)])),
        table=file,
    )


def _why_left_out(made: Contents | str) -> str | None:
    """Why there is no such section, or no picture in it; None where there is."""
    if isinstance(made, str):
        return made
    return None if made.get("picture") else made.get("no_picture")
