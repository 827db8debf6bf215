"""What a study says in three sentences; every number is computed."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.formatting import MOST_NAMED, label, plain
from analysis.printed import Comparison
from analysis.statistics import commonest, varying
from runner.configuration import LOSS_NAMES
from runner.process import plural

RANKED = "test_acc_all_mean"
"""What makes a learning rate the best: runs that diverged count as their untrained models."""


def answer(
    summary: pd.DataFrame, comparisons: Sequence[Comparison], frozen: Mapping[str, bool]
) -> list[str]:
    """Three sentences: the best learning rate, how many runs died, what the article is worth.

    `summary` is what `statistics.summarise` gives, `comparisons` what `comparison.compare`
    does; `frozen` says of a printed sequence's name whether a model that never moved prints it.
    Where other keys than learning rate and loss vary, those two are compared at the commonest
    values of the others, and the best of all settings is named where it is better.
    """
    core = at_commonest(summary)
    return [
        _best_rate_sentence(summary, core),
        _divergence_sentence(summary, core),
        _article_sentence(comparisons, frozen),
    ]


def at_commonest(summary: pd.DataFrame) -> pd.DataFrame:
    """The rows that differ in learning rate and loss only."""
    keys = [key for key in varying(summary) if key not in ("lr", "loss")]
    return commonest(summary, summary["runs"], keys)


def best_row(rows: pd.DataFrame) -> dict[Any, Any] | None:
    """The row with the best accuracy over all runs, of those that learned; None without any."""
    learned = rows[rows["trained"] > 0]
    found: dict[Any, Any] | None = None
    if len(learned):
        found = learned.loc[learned[RANKED].idxmax()].to_dict()
    return found


def _best_rate_sentence(summary: pd.DataFrame, core: pd.DataFrame) -> str:
    overall = best_row(summary)
    if overall is None:
        total = int(summary["runs"].sum())
        return (
            f"None of the {total} runs learned anything."
            if total > 1
            else "The run learned nothing."
        )
    forms = by_loss(core)
    parts: list[str] = []
    for loss, rows in forms:
        best = best_row(rows)
        with_loss = f" with {loss}" if len(forms) > 1 else ""
        if best is None:
            parts.append(f"none{with_loss}, where nothing learned")
        else:
            reached = _reached_clause(best, full=not any("mean" in part for part in parts))
            parts.append(f"{plain(best['lr'])}{with_loss} ({reached})")
    if core["lr"].nunique() == 1:
        said = f"The only learning rate is {', '.join(parts)}"
    else:
        said = (
            f"Of the learning rates {_listed(core['lr'])} the best is {', '.join(parts)}; in these "
            "means runs that diverged count as their untrained models"
        )
    others = [key for key in varying(summary) if key not in ("lr", "loss")]
    if others:
        said += f" (all this at {label(core.iloc[0].to_dict(), others)})"
    if len(core) < len(summary) and overall[RANKED] > core[RANKED].max():
        usual = core.iloc[0].to_dict()
        odd = [key for key in others if overall[key] != usual[key]]
        setting = label(
            overall, [key for key in varying(summary) if key not in others or key in odd]
        )
        said += (
            f"; of all {len(summary)} settings {setting} has the highest mean "
            f"({_mean(overall)}; {overall['runs']} {plural(overall['runs'], 'run')})"
        )
    return f"{said}."


def _reached_clause(best: Mapping[Any, Any], full: bool) -> str:
    """What the runs of a setting reached, and the survivors; `full`: with the units."""
    if best["runs"] == 1:
        return f"a single run, test accuracy {best['test_acc_median']:.4f}"
    left = int(best["runs"] - best["diverged"])
    units = (
        ("mean test accuracy ", "95 % interval ", " runs survived, median") if full else [""] * 3
    )
    survived = f"{left} of {best['runs']}{units[2]}{'' if full else ','}"
    return f"{units[0]}{_mean(best, units[1])}; {survived} {best['test_acc_median']:.4f}"


def _mean(row: Mapping[Any, Any], unit: str = "") -> str:
    """The mean over all runs of a setting, with its interval where there is one."""
    said = f"{row[RANKED]:.4f}"
    low, high = (row[f"{RANKED}_{end}"] for end in ("low", "high"))
    return said if pd.isna(low) else f"{said}, {unit}{low:.4f} to {high:.4f}"


def _divergence_sentence(summary: pd.DataFrame, core: pd.DataFrame) -> str:
    total, lost, stalled = (int(summary[key].sum()) for key in ("runs", "diverged", "stalled"))
    once = ", each seed counted once," if summary["repeats"].any() else ""
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


def _article_sentence(comparisons: Sequence[Comparison], frozen: Mapping[str, bool]) -> str:
    """What the article's printed rows are worth."""
    compared = {one.printed.name: one for one in comparisons}
    judged = sum(one.p_holm is not None for one in comparisons)
    corrected = f" for {judged} sequences" if judged > 1 else ""
    parts: list[str] = []
    for name in dict.fromkeys([*frozen, *compared]):
        source, _, row = name.partition(", ")
        if source != "article":
            continue
        said = []
        if name in frozen:
            still = "is what a model that never moved prints"
            said.append(still if frozen[name] else "is of a model that moved")
        one = compared.get(name)
        if one and one.p_holm is not None:
            still = " whose step size was 0" if one.printed.still else ""
            said.append(
                f"is {one.verdict} with {one.alive} runs of ours{still} "
                f"(p = {one.p_value:.2g}, corrected{corrected} {one.p_holm:.2g})"
            )
        elif one and one.alive:
            few = "too few" if one.verdict == "too few runs" else "in too few orders"
            beside = f"{one.alive} {plural(one.alive, 'run')} of ours beside it"
            said.append(f"has {beside}, {few} to judge")
        elif one:
            ours = f"{one.runs} {plural(one.runs, 'run')} of ours with its settings"
            said.append(f"had {ours}, of which none was left to compare with")
        if said:
            corrected = "" if one and one.p_holm is not None else corrected
            parts.append(f"the row of {row} {' and '.join(said)}")
    if parts:
        return f"Of the article's printed table, {'; '.join(parts)}."
    return "The article's printed table is not judged: no run has its settings."


def by_loss(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each form of the loss, in the order of the lesson."""
    return [
        (loss, rows[rows["loss"] == loss]) for loss in LOSS_NAMES if (rows["loss"] == loss).any()
    ]


def _listed(rates: "pd.Series[float]") -> str:
    distinct = sorted(rates.unique(), reverse=True)
    if len(distinct) > MOST_NAMED:
        return f"from {plain(distinct[-1])} to {plain(distinct[0])} ({len(distinct)} of them)"
    return f"{', '.join(map(plain, distinct[:-1]))} and {plain(distinct[-1])}"
