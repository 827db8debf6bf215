"""Two sweeps beside each other: the same configurations but for what sets the sweeps apart."""

from typing import Any

import pandas as pd

from analysis.figures import for_screens, outcome_by_learning_rate
from analysis.formatting import plain
from analysis.reading import PARAMS
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.statistics import (
    SEEDS,
    PairedComparison,
    accuracies,
    compare_pairs,
    counting,
    median,
    same_seeds,
    seeds_and_orders,
)


def _make(evidence: Evidence) -> Contents | str:
    """Two sweeps by their ids, where they are asked for.

    Keys of which each sweep has one value, and not the same, set the sweeps apart; runs are
    compared where all other keys agree, on the seeds that both have.

    Raises `InputError` for an id of no sweep.
    """
    if evidence.two_sweeps is None:
        return ""
    study = evidence.study
    sides = [study.runs[study.of_sweep(one)] for one in evidence.two_sweeps]
    keys = [key for key in PARAMS if key not in SEEDS]
    apart = [
        key
        for key in keys
        if all(side[key].nunique() == 1 for side in sides)
        and sides[0][key].iloc[0] != sides[1][key].iloc[0]
    ]
    shared = [key for key in keys if key not in apart]
    judged = [dict(list(accuracies(side, study.epochs).groupby(shared))) for side in sides]
    rows = []
    for values in sorted(set(judged[0]) | set(judged[1]), reverse=True):
        pair = [side.get(values) for side in judged]
        row = {**dict(zip(shared, values, strict=True)), "sides": [_side(one) for one in pair]}
        rows.append({**row, "paired": _paired(pair)})
    labels = [f"{name} ({one})" for name, one in zip("AB", evidence.two_sweeps, strict=True)]
    both = pd.concat(sides)
    several = both["lr"].nunique() > 1
    return {
        "ids": evidence.two_sweeps,
        "apart": [(key, *(plain(side[key].iloc[0]) for side in sides)) for key in apart],
        "keys": ["lr", *(key for key in shared if key != "lr" and both[key].nunique() > 1)],
        "rows": rows,
        **(
            _drawn(dict(zip(labels, map(counting, sides), strict=True)))
            if several
            else {"picture": None}
        ),
        "no_picture": "sweep A and sweep B against learning rate: there is only one learning rate",
    }


def _drawn(series: dict[str, pd.DataFrame]) -> dict[str, str]:
    return for_screens(lambda width: outcome_by_learning_rate(series, width))


def _side(runs: pd.DataFrame | None) -> dict[str, Any] | None:
    """One sweep's runs of a configuration that count; None where it has none."""
    if runs is None:
        return None
    runs = counting(runs)
    survivors = runs[runs["survived"]]
    return {
        "runs": len(runs),
        "diverged": len(runs) - len(survivors),
        "accuracy": median(survivors["accuracy"].to_numpy(float), *seeds_and_orders(survivors)),
    }


def _paired(pair: list[pd.DataFrame | None]) -> PairedComparison | None:
    """A minus B on the seeds that both have; None where there are none."""
    first, second = pair
    if first is None or second is None:
        return None
    pairs = same_seeds(first, second)
    if pairs.empty:
        return None
    accuracies_of_both = (pairs["first"].to_numpy(float), pairs["second"].to_numpy(float))
    return compare_pairs(*accuracies_of_both, *seeds_and_orders(pairs))


TWO_SWEEPS = Section(
    name="two_sweeps",
    make=_make,
    figure="""\
{% from "macros.md.j2" import figure %}
### Sweep A and sweep B

{% call figure("two_sweeps", section.number, "Final test accuracy above the share of diverged runs against learning rate, a line for each of two sweeps") %}
A is {{ section.ids[0] | code }}, B is {{ section.ids[1] | code }}{% for key, a, b in section.apart %}; {{ key_name(key) }} {{ a }} in A, {{ b }} in B{% endfor %}. All settings of a sweep are taken together at each learning rate; the table separates them. Marks are medians of the survivors with their 95 % intervals, dots are runs, shares have Wilson intervals. Intervals allow for seeds crossed with orders.
{% endcall %}
""",
    tables="""\
### Sweep A against sweep B

{% if section.apart %}
A has {% for key, a, b in section.apart %}{{ key_name(key) }} {{ a }}, B {{ b }}{{ "; " if not loop.last }}{% endfor %}; otherwise each row has the same settings.
{% else %}
No key distinguishes the two sweeps; each row has the same settings.
{% endif %}

|{% for key in section["keys"] %} {{ key_name(key) }} |{% endfor %} A diverged | B diverged | A median test accuracy | B median test accuracy | pairs | A above B | A − B, mean difference | to settle it |
|{% for key in section["keys"] %}---:|{% endfor %}---:|---:|---:|---:|---:|---:|---:|---|
{% for row in section.rows %}
|{% for key in section["keys"] %} {{ row[key] | plain }} |{% endfor %}{% for side in row.sides %} {% if side %}{{ side.diverged }} of {{ side.runs }}{% else %}–{% endif %} |{% endfor %}{% for side in row.sides %} {% if side %}{{ estimate(side.accuracy) }}{% else %}–{% endif %} |{% endfor %}{% if row.paired %} {{ row.paired.pairs }} | {{ estimate(row.paired.improvement, 2) }} | {{ estimate(row.paired.mean_difference) }} | {{ to_settle(row.paired.needed, row.paired.mean_difference) }} |{% else %} – | – | – | – |{% endif %}

{% endfor %}

> Pairs are runs of both sweeps with the same seed and order; in them a run that diverged scores what it scored before training. A above B: the probability that A is above B on a seed. To settle it: how many more seeds or orders would let its interval exclude 0 in 80 of 100 samples, if difference and variances are as found. In brackets are 95 % intervals, where there are at least five values.
""",
)
