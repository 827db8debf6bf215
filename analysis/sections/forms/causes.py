"""What runs die of, in words: the causes that the post-mortems name."""

from collections import Counter
from collections.abc import Collection

import pandas as pd

from analysis.formatting import MOST_NAMED, plain

CAUSES = {
    "zero_probability": "a probability of 0, whose log is \N{MINUS SIGN}inf",
    "reciprocal_overflow": (
        "a probability p so small that 1 / p overflows, and 0 \N{MULTIPLICATION SIGN} inf is nan "
        "in the gradient"
    ),
    "exp_overflow": "a logit so large that e to its power is inf, and inf / inf is nan",
    "sum_underflow": "logits so small that the sum of e to their powers, or its square, is 0",
    "gradient_overflow": "a gradient too large for a float32, although 1 / p is not",
    "parameter_overflow": "parameters too large for a float32",
    "unknown": "nothing that the replay of the fatal update could explain",
}
"""What each cause means."""


def of_causes(shares: pd.DataFrame, explained: Collection[str] = ()) -> str:
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
