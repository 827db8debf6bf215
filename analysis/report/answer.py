"""What a study says in three sentences; every number is computed."""

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.formatting import MOST_NAMED, p_value, plain
from analysis.printed import Comparison
from analysis.report.best import best_sentences
from analysis.statistics import commonest, varying
from runner.configuration import LOSS_NAMES
from runner.process import plural


def answer(
    summary: pd.DataFrame,
    runs: pd.DataFrame,
    epochs: pd.DataFrame,
    comparisons: Sequence[Comparison],
    frozen: Mapping[str, bool],
    table: str | None = None,
    with_printed: bool = True,
) -> list[str]:
    """The best learning rate, how many runs died, what the article is worth: three paragraphs.

    The last one is left out where nothing printed is compared (`with_printed` is false).

    `summary` is what `statistics.summarise` makes of `runs` and `epochs`, `comparisons` what
    `printed.compare` does; `frozen` says of a printed sequence's name whether a model that never
    moved prints it; both are of the file `table`, or of the published figures. Where other keys
    than learning rate and loss vary, those two are compared at the commonest values of the others,
    and the best of all settings is named apart.
    """
    core = at_commonest(summary)
    return [
        best_sentences(summary, core, runs, epochs),
        _divergence_sentence(summary, core),
        *([_printed_sentences(comparisons, frozen, table)] if with_printed else []),
    ]


def at_commonest(summary: pd.DataFrame) -> pd.DataFrame:
    """The rows that differ in learning rate and loss only."""
    keys = [key for key in varying(summary) if key not in ("lr", "loss")]
    return commonest(summary, summary["runs"], keys)


def _divergence_sentence(summary: pd.DataFrame, core: pd.DataFrame) -> str:
    total, lost, stalled = (int(summary[key].sum()) for key in ("runs", "diverged", "stalled"))
    once = " that count" if summary["repeats"].any() else ""
    still = f"{stalled} stalled, never better than untrained" if stalled else ""
    if not lost:
        whole = f"None of the {total} runs diverged" if total > 1 else "The run did not diverge"
        return f"{whole}; {still}." if still else f"{whole}."
    what = "diverged (a loss or parameter became nan or infinite)"
    if total == 1:
        return f"The run {what}."
    parts = []
    several = core["loss"].nunique() > 1
    for loss, rows in by_loss(core):
        shares = _diverged_shares(rows)
        parts.append(f"with {loss} {shares}" if several else shares)
    named = int(core["diverged"].sum())
    said = f"{named} of {int(core['runs'].sum())} runs{once} {what}: {'; '.join(parts)}"
    if len(core) < len(summary):
        said += f"; with the other settings {lost - named} of {total - int(core['runs'].sum())}"
    return f"{said}; {still}." if still else f"{said}."


def _diverged_shares(rows: pd.DataFrame) -> str:
    """Which learning rates of one loss lost how many of their runs."""
    rows = rows.sort_values("lr", ascending=False)
    lost = rows[rows["diverged"] > 0]
    if lost.empty:
        return f"none of {rows['runs'].sum()}"
    if len(lost) > MOST_NAMED:
        ends = f"{plain(lost['lr'].min())} to {plain(lost['lr'].max())}"
        return f"{lost['diverged'].sum()} of {rows['runs'].sum()}, at learning rates from {ends}"
    return ", ".join(
        f"{row['diverged']} of {row['runs']} at {plain(row['lr'])}"
        for row in lost.to_dict("records")
    )


def _printed_sentences(
    comparisons: Sequence[Comparison], frozen: Mapping[str, bool], table: str | None
) -> str:
    """What the article's printed rows, or those of a user's table, are worth: a sentence each."""
    compared = {one.printed.name: one for one in comparisons}
    names = list(dict.fromkeys([*frozen, *compared]))
    if table is None:
        names = [name for name in names if name.startswith("article, ")]
    said: list[str] = []
    for name in names[:MOST_NAMED]:
        clauses = []
        if name in frozen:
            learned = "shows a model that moved"
            clauses.append(
                "is what a model that never moved, or by too little to show, prints"
                if frozen[name]
                else learned
            )
        if name in compared:
            clauses.append(_worth(compared[name]))
        elif table is not None:
            clauses.append("has no run of ours beside it")
        row = f"row {name}," if table else f"article's row for {name.removeprefix('article, ')}"
        said.append(f"The {row} {' and '.join(clauses)}.")
    whose = "article's printed table" if table is None else f"table {table}"
    if not said:
        return f"The {whose} is not judged: no run has its settings."
    if len(names) > MOST_NAMED:
        said.append(f"The tables below have {len(names) - MOST_NAMED} more rows of the {whose}.")
    if any(compared[name].p_holm is not None for name in names if name in compared):
        said.append("Here p says how often one more run of ours would lie as far from our mean.")
    return " ".join(said)


def _worth(one: Comparison) -> str:
    """What a printed row says beside our runs of its settings."""
    if one.p_holm is None:
        if one.verdict == "no figure":
            return f"printed no finite epoch, as {one.lost} of {one.runs} runs of ours"
        if not one.alive:
            ours = f"{one.runs} {plural(one.runs, 'run')} of ours with its settings"
            return f"had {ours}, of which none was left to compare with"
        few = "too few" if one.verdict == "too few runs" else "in too few orders"
        return f"has {one.alive} {plural(one.alive, 'run')} of ours beside it, {few} to judge"
    ours = f"{one.alive} runs of ours{' whose step size was 0' if one.printed.still else ''}"
    verdict = {
        "not distinguishable": f"is not distinguishable from {ours}",
        "undecided": f"is undecided beside {ours}",
        "not consistent": f"is not consistent with {ours}",
    }[one.verdict]
    if one.verdict == "undecided" and one.p_values is not None:
        ends = f"{p_value(min(one.p_values))} to {p_value(max(one.p_values))}"
        return f"{verdict} (p from {ends}, by what distribution is assumed)"
    corrected = f", corrected for {one.judged} sequences {p_value(one.p_holm)}"
    p = f"p {'' if (one.p_value or 0) < 1e-4 else '= '}{p_value(one.p_value)}"
    return f"{verdict} ({p}{corrected if one.judged > 1 else ''})"


def by_loss(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each form of the loss, in the order of the lesson."""
    return [
        (loss, rows[rows["loss"] == loss]) for loss in LOSS_NAMES if (rows["loss"] == loss).any()
    ]
