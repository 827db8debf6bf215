"""What runs died of, in words."""

from collections import Counter
from collections.abc import Collection

import pandas as pd

from analysis.formatting import MOST_NAMED, plain
from runner.losses import CAUSES


def cause_sentence(shares: pd.DataFrame, explained: Collection[str] = ()) -> str:
    """What the runs with one form of the loss died of; empty where none diverged.

    `shares` are rows of `tables.divergences` with this form that differ in learning rate. A
    cause that is not yet `explained` is where it is first named.
    """
    lost = shares[shares["diverged"] > 0].sort_values("lr", ascending=False)
    if lost.empty:
        return ""
    known = set(explained)
    groups = [
        (f"at learning rate {plain(lr)}, ", one) for lr, one in lost.groupby("lr", sort=False)
    ]
    parts = []
    for where, rows in groups if len(groups) <= MOST_NAMED else [("", shares)]:
        causes = sum(map(Counter, rows["causes"]), Counter[str]())
        named: list[str] = []
        for cause, count in causes.most_common():
            meaning = "" if cause in known else f" ({CAUSES.get(cause, 'not explained')})"
            known.add(cause)
            died = " of" if named else f" of {rows['runs'].sum()} died of"
            named.append(f"{count}{died} {cause}{meaning}")
        parts.append(where + (", ".join(named) or "runs died of nothing that was recorded"))
    return f"What went wrong with {shares['loss'].iloc[0]}: {'; '.join(parts)}."
