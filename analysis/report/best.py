"""Which setting is the best, in sentences: claimed only where paired differences bear it out."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from analysis.formatting import MOST_NAMED, label, more, plain
from analysis.statistics import (
    FEWEST,
    Needed,
    Ranking,
    Setting,
    learned,
    matching,
    rank,
    rank_forms,
    varying,
)
from runner.configuration import LOSS_NAMES

RANKED = "test_acc_all_mean"
"""What settings are ranked by: runs that diverged count as their untrained models."""

MOST_UNCOMPARED = 3
"""Settings that cannot be compared and are named one by one."""

ONLY = {"one order": ", all in one order", "one seed": ", all of one seed"}
"""What is said where the runs of a setting share their order, or their seed."""


def best_sentences(
    summary: pd.DataFrame, core: pd.DataFrame, runs: pd.DataFrame, epochs: pd.DataFrame
) -> str:
    """The best learning rate of each form of the loss, the best form, the best of all settings.

    `summary` is what `statistics.summarise` makes of `runs` and `epochs`; its rows `core` differ
    in learning rate and loss only. Each form is ranked over its own rates, forms over those that
    all of them have. What no interval bears out is called a tie.
    """
    total = int(summary["runs"].sum())
    if not (summary["trained"] > 0).any():
        return f"None of the {total} runs learned anything." if total > 1 else NOTHING
    keys = varying(summary)
    others = [key for key in keys if key not in ("lr", "loss")]
    usual = core.iloc[0].to_dict()
    at_usual = matching(runs, {key: usual[key] for key in others})
    said = _forms(core, at_usual, epochs)
    if others:
        said.append(f"All this is at {label(usual, others)}.")
        said += _of_all_settings(summary, runs, epochs, keys, usual)
    if summary["diverged"].any() and total > 1:
        said.append("A run that diverged scores what it scored before training.")
    return " ".join(said)


NOTHING = "The run learned nothing."


def _forms(core: pd.DataFrame, runs: pd.DataFrame, epochs: pd.DataFrame) -> list[str]:
    """A sentence or more on each form of the loss at its own rates, then on all together."""
    forms = [loss for loss in LOSS_NAMES if (core["loss"] == loss).any()]
    ranked = rank_forms(runs, epochs)
    said: list[str] = []
    for loss in forms:
        rows = core[core["loss"] == loss]
        with_loss = f"With {loss}, " if len(forms) > 1 else ""
        if loss not in ranked.alone:
            said.append(f"With {loss} nothing learned.")
            continue
        reached = _reached(rows, full=not any("mean" in one for one in said))
        if rows["lr"].nunique() == 1:
            only = f"the only learning rate is {reached(ranked.alone[loss].best)}."
            said.append(_capital(f"{with_loss}{only}"))
            continue
        of_rates = f"of the learning rates {_listed(rows['lr'])}"
        said += _verdict(ranked.alone[loss], f"{with_loss}{of_rates}", _rate, reached)
    if len(forms) == 1:
        return said
    if not ranked.common:
        return [*said, "The forms share no learning rate, so they are not compared."]
    if ranked.together:
        where = f"at the rates that all forms share ({_listed(ranked.common)})"
        said += _verdict(ranked.together, where, _form_and_rate, _form_and_rate)
    return said


def _of_all_settings(
    summary: pd.DataFrame,
    runs: pd.DataFrame,
    epochs: pd.DataFrame,
    keys: list[str],
    usual: Mapping[Any, Any],
) -> list[str]:
    """The best of all settings that have as many runs as an interval needs."""
    # A seed of other draws starts from other parameters, so there would be nothing to pair.
    same_draws = summary["draws"] == usual["draws"] if "draws" in keys else True
    enough = summary.loc[(summary["runs"] >= FEWEST) & same_draws, keys]
    if len(enough) < 2:
        return [f"Fewer than two settings have {FEWEST} runs, so none is called the best of all."]
    contenders = learned(runs.merge(enough, on=keys), keys)

    def name(one: Setting) -> str:
        odd = [key for key in keys if key not in ("lr", "loss") and one.keys[key] != usual[key]]
        form = one.keys.get("loss", usual["loss"])
        rate = one.keys.get("lr", usual["lr"])
        said = f"{form} at {plain(rate)}"
        return f"{said} with {label(one.keys, odd)}" if odd else said

    where = f"of all {len(enough)} settings with {FEWEST} runs or more"
    if contenders.empty:
        return [f"None of the {len(enough)} settings with {FEWEST} runs or more learned anything."]
    ranked = rank(contenders, epochs, keys)
    return _verdict(ranked, where, name, lambda one: f"{name(one)} ({one.mean:.4f})")


def _verdict(
    ranked: Ranking,
    where: str,
    name: Callable[[Setting], str],
    reached: Callable[[Setting], str],
) -> list[str]:
    """Whether one of these settings is the best, which are tied with it, and which to prefer."""
    if ranked.claimed:
        by = ""
        if ranked.differences:
            value, low, high = ranked.lead
            by = f", by {value:.4f} ({low:.4f} to {high:.4f}) or more"
        return [_capital(f"{where} the best is {reached(ranked.best)}{by}.")]
    said = [_capital(f"{where} the highest mean is that of {reached(ranked.best)}.")]
    rivals = ranked.tied[1:]
    if rivals:
        named = (
            _joined(f"{name(one)} ({one.mean:.4f})" for one in rivals)
            if len(rivals) < MOST_NAMED
            else f"{len(rivals)} others"
        )
        said = [f"{said[0][:-1]}, a tie with {named}.", _preference(ranked, name)]
        said += _to_settle(ranked)
    if ranked.uncompared:
        odd = ranked.uncompared
        others = _joined(map(name, odd)) if len(odd) <= MOST_UNCOMPARED else f"{len(odd)} others"
        said.append(f"Too few seeds and orders are shared to compare it with {others}.")
    return said


def _to_settle(ranked: Ranking) -> list[str]:
    """How many more seeds or orders would tell the tied settings from the first, if any number."""
    known = [one for one in ranked.needed if one]
    if not known:
        return []
    if not all(one.within_reach for one in known):
        return [f"Differences this small would take {more(Needed())} to settle."]
    most = max(known, key=lambda one: (one.seeds + one.orders, one.seeds))
    return [f"About {more(most)} with each would settle it, were the differences as found."]


def _preference(ranked: Ranking, name: Callable[[Setting], str]) -> str:
    """The safer of tied settings, or the cheaper of equally safe ones."""
    tied, chosen = ranked.tied, ranked.preferred
    safest = [one for one in tied if one.diverged == chosen.diverged]
    if len(safest) == 1:
        kind = "safer" if len(tied) == 2 else "safest"
        return f"The {kind}, which lost fewer runs, is {name(chosen)}."
    all_safe = len(safest) == len(tied)
    said = "They lost equally many runs" if all_safe else f"{len(safest)} of these lost the fewest"
    if chosen.updates < max(one.updates for one in safest):
        return f"{said}; the {'cheaper' if len(safest) == 2 else 'cheapest'} is {name(chosen)}."
    if all_safe:
        return f"{said} and cost the same number of updates."
    return f"{said}; the highest mean of these is that of {name(chosen)}."


def _reached(rows: pd.DataFrame, full: bool) -> Callable[[Setting], str]:
    """What says a rate and what its runs reached; `full`: with the units."""

    def said(one: Setting) -> str:
        row = matching(rows, {"lr": one.keys["lr"]}).iloc[0].to_dict()
        if row["runs"] == 1:
            return f"{_rate(one)} (a single run, test accuracy {row[RANKED]:.4f})"
        low, high = (row[f"{RANKED}_{end}"] for end in ("low", "high"))
        mean = f"{'mean test accuracy ' if full else ''}{row[RANKED]:.4f}"
        between = "" if pd.isna(low) else f", {'95 % interval ' if full else ''}{low:.4f} to "
        interval = f"{between}{high:.4f}" if between else ""
        left = int(row["runs"] - row["diverged"])
        survived = f"{left} of {row['runs']} runs survived{ONLY.get(row['design'], '')}"
        return f"{_rate(one)} ({mean}{interval}; {survived})"

    return said


def _rate(one: Setting) -> str:
    return plain(one.keys["lr"])


def _form_and_rate(one: Setting) -> str:
    return f"{one.keys['loss']} at {_rate(one)}"


def _listed(rates: Iterable[float]) -> str:
    distinct = sorted(set(rates), reverse=True)
    if len(distinct) > MOST_NAMED:
        return f"from {plain(distinct[-1])} to {plain(distinct[0])} ({len(distinct)} of them)"
    return _joined(map(plain, distinct))


def _joined(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
