"""Which runs die: those that a single printed run hides, and those of a form of the loss."""

from typing import Any, NamedTuple

import pandas as pd

from analysis.formatting import design, plain
from analysis.printed import RATES
from analysis.report.verdicts.core import RANKED
from analysis.report.verdicts.verdict import Verdict, short
from analysis.sections import form_name, in_words
from analysis.statistics import Ranking
from runner.configuration import LOSS_NAMES


def hidden_verdict(core: pd.DataFrame) -> Verdict | None:
    """Where some runs die and some live: of the first form so, the rate with the highest mean."""
    some = core[(core["diverged"] > 0) & (core["diverged"] < core["runs"])]
    if some.empty:
        return None
    first = next(loss for loss in LOSS_NAMES if (some["loss"] == loss).any())
    row = some[some["loss"] == first].nlargest(1, RANKED).iloc[0].to_dict()
    lost, runs = int(row["diverged"]), int(row["runs"])
    where = f"at learning rate {plain(row['lr'])}"
    claims = (
        f"A single run hides that {lost} of {runs} die {where}.",
        f"A single run hides the deaths {where}.",
    )
    return Verdict(short(*claims), _died(row))


class Killed(NamedTuple):
    """The row of a form that lost all its runs at a learning rate, and of one that lost none."""

    lost: dict[Any, Any]
    spared: dict[Any, Any] | None


def killed(core: pd.DataFrame) -> Killed | None:
    """The article's largest such rate, or the largest of all; None where some run lived at each.

    Preferred is a rate that another form survives without a death.
    """
    dead = core[core["diverged"] == core["runs"]]
    pairs = []
    for row in dead.to_dict("records"):
        same_rate = core[(core["lr"] == row["lr"]) & (core["diverged"] == 0)]
        spared = same_rate[same_rate["trained"] > 0].nlargest(1, RANKED).to_dict("records")
        pairs.append(Killed(row, spared[0] if spared else None))

    def order(pair: Killed) -> tuple[bool, bool, float, int]:
        lr, loss = pair.lost["lr"], pair.lost["loss"]
        return (pair.spared is None, lr not in RATES, -lr, list(LOSS_NAMES).index(loss))

    return min(pairs, key=order, default=None)


def killed_verdict(found: Killed | None, forms: Ranking | None) -> Verdict | None:
    """What kills a learning rate; `forms` is the ranking of all forms, where there is one."""
    if found is None:
        return None
    rate, form = plain(found.lost["lr"]), form_name(found.lost["loss"])
    number = _died(found.lost)
    if found.spared is None:
        return Verdict(f"The {form} loses every run at learning rate {rate}.", number)
    safe = form_name(found.spared["loss"])
    wins = forms is not None and forms.claimed and forms.best.keys.items() <= found.spared.items()
    claims = (
        f"The {form} kills every run at learning rate {rate}; the {safe} none.",
        f"The loss, not the rate, kills learning rate {rate}.",
    )
    start = in_words("init_sigma", found.lost["init_sigma"])
    best = f", from which the {safe} is best at learning rate {rate}" if wins else ""
    return Verdict(
        short(*claims), f"{number} With the {safe} none died. Both start from {start}{best}."
    )


def _died(row: dict[Any, Any]) -> str:
    """How many runs of this row died, and the share's interval."""
    low, high = (100 * row[f"diverged_share_{end}"] for end in ("low", "high"))
    runs, lost = int(row["runs"]), int(row["diverged"])
    share = f"all {runs} runs died" if lost == runs else f"{lost} of {runs} runs died"
    fewer = f" They are {design(row)}, which says less than {runs} independent runs."
    crossed = fewer if row["design"] == "crossed" else ""
    return (
        f"With the {form_name(row['loss'])} {share}.{crossed} The 95 % interval of the share that "
        f"dies is {low:.0f} to {high:.0f} %."
    )
