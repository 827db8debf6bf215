"""Which setting is the best: settings ranked like with like, each ranking a row of a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.formatting import DASH, MOST_NAMED, more, plain
from analysis.report.verdicts.core import by_loss
from analysis.sections import form_name, setting_name
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


@dataclass(frozen=True)
class Contest:
    """Settings that were ranked against each other.

    `among` says which they are, `fixed` holds the values of the keys that all of them share,
    `of_forms` is true of that of all forms at their common rates.
    """

    among: str
    ranking: Ranking
    fixed: Mapping[Any, Any]
    of_forms: bool = False

    def keys_of(self, one: Setting) -> dict[Any, Any]:
        """All that sets this setting apart in the study."""
        return {**self.fixed, **one.keys}

    def name(self, one: Setting) -> str:
        """A setting for people, with its learning rate."""
        keys = self.keys_of(one)
        form, *odd = setting_name(keys, keys).split(", ")
        return ", ".join([f"{form} at {plain(keys['lr'])}", *odd])

    @property
    def recommended(self) -> Setting | None:
        """The best setting; of a tie the preferred one; None where too few seeds are shared."""
        if self.ranking.claimed:
            return self.ranking.best
        return self.ranking.preferred if self.ranking.tied[1:] else None

    @property
    def to_settle(self) -> str:
        """How many more seeds or orders would tell the tied settings from the first."""
        known = [one for one in self.ranking.needed if one]
        if not known:
            return DASH
        if not all(one.within_reach for one in known):
            return more(Needed())
        return more(max(known, key=lambda one: (one.seeds + one.orders, one.seeds)))

    @property
    def reason(self) -> str:
        """What makes the preferred one of tied settings preferable: a superlative."""
        tied, chosen = self.ranking.tied, self.ranking.preferred
        safest = [one for one in tied if one.diverged == chosen.diverged]
        if len(safest) < len(tied):
            return "safest"
        if chosen.updates < max(one.updates for one in tied):
            return "cheapest"
        return "most tested" if chosen.runs > min(one.runs for one in tied) else "highest"


def contests(
    summary: pd.DataFrame, core: pd.DataFrame, runs: pd.DataFrame, epochs: pd.DataFrame
) -> list[Contest]:
    """Each form of the loss at its own rates, all forms at common rates, then all settings.

    The last only where these are more.

    `summary` is what `statistics.summarise` makes of `runs` and `epochs`; its rows `core` differ
    in learning rate and loss only. A form that learned nothing has no contest, nor have fewer
    than two settings together. Empty where nothing learned.
    """
    keys = varying(summary)
    others = [key for key in keys if key not in ("lr", "loss")]
    usual = {key: core[key].iloc[0] for key in (*others, "loss", "lr")}
    at_usual = matching(runs, {key: usual[key] for key in others})
    ranked = rank_forms(at_usual, epochs)
    found = [
        Contest(
            f"the {form_name(loss)} at {_listed(rows['lr'])}",
            ranked.alone[loss],
            {**usual, "loss": loss},
        )
        for loss, rows in by_loss(core)
        if loss in ranked.alone
    ]
    if ranked.together:
        among = f"the forms of the loss at {_listed(ranked.common)}"
        found.append(Contest(among, ranked.together, usual, of_forms=True))
    uneven = core.groupby("loss")["lr"].nunique().max() > len(ranked.common)
    if others or (uneven and core["loss"].nunique() > 1):
        found += _of_all_settings(summary, runs, epochs, keys, usual)
    return found


def grid_ends(core: pd.DataFrame, ranked: Sequence[Contest]) -> list[dict[str, Any]]:
    """The forms whose recommended learning rate is the `first` or the `last` of those tried.

    `core` and `ranked` are what `contests` gets and makes.
    """
    recommended = {
        one.fixed["loss"]: one.recommended.keys["lr"]
        for one in ranked
        if one.recommended and set(one.recommended.keys) == {"lr"}
    }
    ends = []
    for loss, rows in by_loss(core):
        first, last = rows["lr"].min(), rows["lr"].max()
        best = recommended.get(loss)
        if first < last and best in (first, last):
            start = rows["init_sigma"].iloc[0]
            ends.append(
                {"loss": loss, "init_sigma": start, "best": best, "first": first, "last": last}
            )
    return ends


def _of_all_settings(
    summary: pd.DataFrame,
    runs: pd.DataFrame,
    epochs: pd.DataFrame,
    keys: list[str],
    usual: Mapping[Any, Any],
) -> list[Contest]:
    """All settings that have as many runs as an interval needs."""
    # A seed of other draws starts from other parameters, so there would be nothing to pair.
    same_draws = summary["draws"] == usual["draws"] if "draws" in keys else True
    enough = summary.loc[(summary["runs"] >= FEWEST) & same_draws, keys]
    contenders = learned(runs.merge(enough, on=keys), keys)
    if len(enough) < 2 or contenders.empty:
        return []
    among = f"all {len(enough)} settings with {FEWEST} runs or more"
    return [Contest(among, rank(contenders, epochs, keys), usual)]


def _listed(rates: Iterable[float]) -> str:
    distinct = sorted(set(rates), reverse=True)
    if len(distinct) > MOST_NAMED:
        return f"{len(distinct)} rates from {plain(distinct[-1])} to {plain(distinct[0])}"
    *most, last = map(plain, distinct)
    return f"{', '.join(most)} and {last}" if most else last
