"""Which setting to use, and how sure that is."""

from collections.abc import Sequence

import pandas as pd

from analysis.formatting import figure
from analysis.report.verdicts.contests import Contest
from analysis.report.verdicts.core import RANKED
from analysis.report.verdicts.verdict import Verdict, short
from analysis.statistics import matching
from runner.process import plural


def setting_verdict(contests: Sequence[Contest], summary: pd.DataFrame) -> Verdict:
    """The best of the widest contest; where it is a tie, the preferred one of the tied."""
    total = int(summary["runs"].sum())
    if not contests:
        learned = "The run learned nothing." if total == 1 else f"None of {total} runs learned."
        return Verdict(learned, f"{int(summary['diverged'].sum())} of {total} died.")
    widest = contests[-1]
    ranking = widest.ranking
    chosen = widest.recommended or ranking.best
    row = matching(summary, widest.keys_of(chosen)).iloc[0].to_dict()
    number = f"Mean test accuracy {figure(row[RANKED], 3)}"
    if pd.notna(row[f"{RANKED}_low"]):
        ends = (figure(row[f"{RANKED}_{end}"], 3) for end in ("low", "high"))
        number += f" (95 % interval {' to '.join(ends)})"
    runs = int(row["runs"])
    number += (
        f". {int(row['diverged']) or 'None'} of {runs} {plural(runs, 'run')} died (became nan)."
    )
    name = widest.name(chosen)
    if len(summary) == 1:
        claims = [f"Only the {name} was tried.", "Only one setting was tried."]
    elif ranking.claimed:
        claims = [f"Use the {name}: it is best.", "One setting is best."]
    elif ranking.tied[1:]:
        tied = len(ranking.tied)
        claims = [
            f"Use the {name}: {widest.reason} of {tied} tied settings.",
            f"No setting is best: {tied} are tied, the {widest.reason} below.",
        ]
    else:
        return Verdict(
            "Too few shared seeds to say which setting is best.",
            f"Highest of those compared: the {name}. {number}",
        )
    claim = short(*claims)
    return Verdict(claim, number if claim == claims[0] else f"The {name}: {number}")
