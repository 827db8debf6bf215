"""What the report says of a study: its verdicts, its sections, and why some are left out."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.printed import Comparison
from analysis.reading import Study
from analysis.report.caveats import caveats
from analysis.report.verdicts.advice import Advice, advice
from analysis.report.verdicts.article import article_verdict, own_run_verdict, table_verdict
from analysis.report.verdicts.contests import Contest, contests, grid_ends
from analysis.report.verdicts.core import at_commonest
from analysis.report.verdicts.deaths import hidden_verdict, killed, killed_verdict
from analysis.report.verdicts.setting import setting_verdict
from analysis.report.verdicts.verdict import Verdict
from analysis.sections import PLACES, SECTIONS, Contents, Evidence, UserTable


@dataclass(frozen=True)
class Findings:
    """All that the report says of a study's runs.

    `contests` are the rankings that the first of the `verdicts` rests on. `sections` are contents
    by name in the order of the page, with the `number` of their figure. `left_out` says of each
    section or picture that is not there why it has nothing to show. `of_article` is whether any
    run has the article's data, `table` the file of a user's printed figures, which then stand in
    for the published ones.
    """

    summary: pd.DataFrame
    verdicts: list[Verdict]
    advice: list[Advice]
    caveats: list[str]
    contests: list[Contest]
    of_article: bool
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
    in_order = sorted(SECTIONS, key=lambda section: PLACES.index(section.place))
    pictured = (one.name for one in in_order if sections.get(one.name, {}).get("picture"))
    for number, name in enumerate(pictured, start=1):
        sections[name] = {**sections[name], "number": number}
    frozen = evidence.frozen_test.frozen if evidence.frozen_test else {}
    core = at_commonest(evidence.summary)
    ranked = contests(evidence.summary, core, evidence.runs, evidence.epochs)
    reasons = map(_why_left_out, made.values())
    return Findings(
        summary=evidence.summary,
        verdicts=verdicts(evidence, ranked, frozen),
        advice=advice(sections, killed(core), grid_ends(core, ranked), frozen),
        caveats=caveats(evidence.summary, evidence.runs, evidence.epochs),
        contests=ranked,
        of_article=evidence.of_article,
        comparisons=evidence.comparisons,
        sections=sections,
        left_out=list(dict.fromkeys([*study.left_out, *filter(None, reasons)])),
        table=table.name if table else None,
    )


def verdicts(
    evidence: Evidence, ranked: list[Contest], frozen: Mapping[str, bool]
) -> list[Verdict]:
    """Which setting to use, what the article is worth, which runs it hides, what they die of."""
    core = at_commonest(evidence.summary)
    forms = next((one.ranking for one in ranked if one.of_forms), None)
    said = (
        setting_verdict(ranked, evidence.summary),
        _printed_verdict(evidence, frozen),
        own_run_verdict(evidence.own_run if evidence.of_article else None),
        hidden_verdict(core),
        killed_verdict(killed(core), forms),
    )
    return [one for one in said if one is not None]


def _printed_verdict(evidence: Evidence, frozen: Mapping[str, bool]) -> Verdict | None:
    """What the article's rows, or those of a user's table, are worth."""
    if evidence.table:
        return table_verdict(evidence.table, evidence.comparisons, frozen)
    return article_verdict(evidence.comparisons, frozen)


def _why_left_out(made: Contents | str) -> str | None:
    """Why there is no such section, or no picture in it; None where there is."""
    if isinstance(made, str):
        return made
    return None if made.get("picture") else made.get("no_picture")
