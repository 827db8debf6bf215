"""What the forms of the loss decide, in sentences; every number is computed."""

from collections.abc import Mapping

import pandas as pd

from analysis.formatting import MOST_NAMED
from analysis.printed import ARTICLE
from analysis.sections.counterfactuals.causes import cause_sentence
from analysis.sections.counterfactuals.tables import divergences, highest_by_pair, over_orders
from analysis.statistics import counting, matching, wilson
from runner.configuration import LOSS_NAMES
from runner.process import plural

Settings = Mapping[str, float | int | str]
"""Values of keys by name."""


def sentences(runs: pd.DataFrame, doomed: pd.DataFrame, settings: Settings = ARTICLE) -> list[str]:
    """What the runs at these settings say, one statement each; every number computed.

    `doomed` is what `doomed_seeds` counted; it may be empty.
    """
    ours = counting(matching(runs, settings), ignoring=("on_divergence",))
    said = [_divergence_sentence(ours, loss) for loss in LOSS_NAMES if (ours["loss"] == loss).any()]
    said += _cause_sentences(ours)
    said += [_at_risk_sentence(ours, doomed, loss) for loss in LOSS_NAMES if loss in doomed]
    for loss in LOSS_NAMES:
        highest, rates = highest_by_pair(runs, loss, settings)
        if highest and 1 < len(rates) <= MOST_NAMED:
            rate, count = next(iter(highest.items()))
            listed = ", ".join(f"{one:g}" for one in rates)
            said.append(
                f"With {loss}, {count} of the {sum(highest.values())} pairs of seed and order that "
                f"were trained at each of the learning rates {listed} and survived at one have "
                f"their highest final test accuracy at {rate:g}."
            )
    if settings != ARTICLE:
        return said
    return said + _order_sentences(over_orders(matching(runs, {**ARTICLE, "loss": LOSS_NAMES[0]})))


def _cause_sentences(ours: pd.DataFrame) -> list[str]:
    """What the runs of each form of the loss died of; each cause is explained once."""
    said, explained = [], set[str]()
    for loss in LOSS_NAMES:
        shares = divergences(matching(ours, {"loss": loss}))
        said.append(cause_sentence(shares, explained))
        explained.update(*shares["causes"])
    return [one for one in said if one]


def _order_sentences(orders: pd.DataFrame) -> list[str]:
    """Whether a seed always or never diverges, over orders: the article's claim of two seeds."""
    said = []
    for seed, rows in orders.groupby("seed"):
        parts = [
            f"{row['diverged']} of {row['runs']} orders ({_percent(row['low'], row['high'])}) "
            f"at learning rate {row['lr']:g}"
            for row in rows.sort_values("lr", ascending=False).to_dict("records")
        ]
        if len(parts) <= MOST_NAMED:
            said.append(f"Seed {seed} diverged in {'; '.join(parts)}.")
    return said


def _divergence_sentence(runs: pd.DataFrame, loss: str) -> str:
    table = divergences(matching(runs, {"loss": loss})).sort_values("lr", ascending=False)
    if len(table) > MOST_NAMED:
        lost = int((table["diverged"] > 0).sum())
        return (
            f"With {loss} {table['diverged'].sum()} of {table['runs'].sum()} runs diverged, at "
            f"{lost} of {len(table)} learning rates."
        )
    parts = []
    for row in table.to_dict("records"):
        share = f"{row['diverged']} of {row['runs']} ({_percent(row['low'], row['high'])})"
        middle = row["update_median"]
        updates = f"{middle:g} {plural(middle, 'update')}"
        when = f", after {updates} in the median" if row["diverged"] else ""
        parts.append(f"{share} at learning rate {row['lr']:g}{when}")
    return f"Runs that diverged with {loss}: {'; '.join(parts)}."


def _at_risk_sentence(runs: pd.DataFrame, doomed: pd.DataFrame, loss: str) -> str:
    seeds = doomed.index[doomed[loss] > 0]
    low, high = wilson(len(seeds), len(doomed))
    said = (
        f"With {loss} {len(seeds)} of {len(doomed)} seeds ({_percent(low, high)}) are at risk "
        "before the first update: the gradient of one training image or more is not finite"
    )
    shares = []
    theirs = runs[(runs["loss"] == loss) & runs["seed"].isin(seeds)]
    if theirs["lr"].nunique() > MOST_NAMED:
        lost = int((theirs["outcome"] == "diverged").sum())
        return f"{said}; {lost} of their {len(theirs)} runs diverged."
    for lr, group in theirs.groupby("lr"):
        lost = int((group["outcome"] == "diverged").sum())
        shares.append(f"{lost} of {len(group)} at learning rate {lr:g}")
    if not shares:
        return f"{said}."
    return f"{said}; of those that were trained, {', '.join(reversed(shares))} diverged."


def _percent(low: float, high: float) -> str:
    return f"{100 * low:.0f} to {100 * high:.0f} %"
