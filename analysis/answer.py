"""What a study says in a few sentences; every number comes from the tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.comparison import Comparison
from analysis.statistics import commonest, varying
from runner.config import LOSS_NAMES
from runner.console import plural


def answer(summary: pd.DataFrame) -> list[str]:
    """Which learning rate is best, and how many runs were lost, one sentence each.

    `summary` is what `statistics.summarise` gives. Where other keys than learning rate and loss
    vary, the comparison of losses is made at the commonest values of those keys.
    """
    total = int(summary["runs"].sum())
    keys = varying(summary)
    core = commonest(summary, summary["runs"], [key for key in keys if key not in ("lr", "loss")])
    learned = summary[summary["trained"] > 0].sort_values("test_acc_mean").to_dict("records")
    if not learned:
        sentences = [f"None of the {total} {plural(total, 'run')} learned anything."]
    elif "loss" in keys and core["loss"].nunique() > 1:
        sentences = [_best_by_loss(core)]
    else:
        sentences = [_best(learned[-1], len(summary), keys)]
    shown = core if "loss" in keys else summary
    for outcome, meaning in (
        ("diverged", "a loss or parameter became nan or infinite"),
        ("stalled", "never became better than untrained"),
    ):
        count = int(summary[outcome].sum())
        names = varying(shown)
        shares = [
            f"{row[outcome]} of {row['runs']} at {label(row, names)}"
            for row in shown.sort_values("lr", ascending=False).to_dict("records")
            if row[outcome]
        ]
        if count:
            verb = f"{count} of {total} {plural(total, 'run')} {outcome} ({meaning})"
            among = "; among them " if len(shown) < len(summary) else ": "
            sentences.append(f"{verb}{among}{'; '.join(shares)}." if shares else f"{verb}.")
    if learned and summary["diverged"].any():
        sentences.append("Means over survivors say nothing about the runs that did not survive.")
    return sentences


def _best(best: Mapping[Any, Any], settings: int, keys: list[str]) -> str:
    left = int(best["runs"] - best["diverged"])
    reach = f"{best['test_acc_min']:.4f} to {best['test_acc_max']:.4f}"
    spread = f"{left} runs, from {reach}" if left > 1 else "a single run"
    lead = (
        f"Of {settings} settings, {label(best, keys)} has the highest mean test "
        "accuracy over the runs that survived:"
        if settings > 1
        else f"At {label(best, keys)} the mean test accuracy over the runs that survived is"
    )
    return f"{lead} {best['test_acc_mean']:.4f} ({spread})."


def _best_by_loss(core: pd.DataFrame) -> str:
    parts = []
    for loss in LOSS_NAMES:
        rows = core[(core["loss"] == loss) & (core["trained"] > 0)]
        if len(rows):
            best = rows.loc[rows["test_acc_mean"].idxmax()]
            left = int(best["runs"] - best["diverged"])
            parts.append(
                f"{best['lr']:g} with {loss} ({best['test_acc_mean']:.4f}; "
                f"{left} of {best['runs']} runs survived)"
            )
    return (
        "The learning rate with the highest mean test accuracy over the runs that survived is "
        f"{', '.join(parts)}."
    )


def worth(comparisons: Sequence[Comparison], frozen: Mapping[str, bool]) -> str | None:
    """What the article's printed rows are worth; None where none of them was compared.

    `frozen` says of a printed sequence's name whether a model that never moved prints it.
    """
    verdicts = {one.printed.name: one for one in comparisons if one.printed.source == "article"}
    parts = []
    for name, one in verdicts.items():
        said = []
        if name in frozen:
            still = "is what a model that never moved prints"
            said.append(still if frozen[name] else "is of a model that moved")
        if one.p_holm is not None:
            said.append(f"{one.verdict} with {one.alive} runs of ours (p = {one.p_holm:.2g})")
        if said:
            parts.append(f"that of {name.removeprefix('article, ')} {', '.join(said)}")
    return f"Of the article's printed rows, {'; '.join(parts)}." if parts else None


def label(row: Mapping[Any, Any], keys: list[str]) -> str:
    """A row's values of these keys in words."""
    names = {"lr": "learning rate", "batch_size": "batch size"}
    return ", ".join(f"{names.get(key, key)} {plain(row[key])}" for key in keys)


def plain(value: object) -> str:
    """A value as a person writes it."""
    return f"{value:g}" if isinstance(value, float) else str(value)
