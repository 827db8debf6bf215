"""Settings compared on the same seeds."""

from typing import Any

from analysis.figures import rates_of_panels
from analysis.formatting import label
from analysis.reading import PARAMS
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.sections.selection import varying_keys
from analysis.statistics import FEWEST, SEEDS, Estimate, all_comparisons, commonest

Row = dict[Any, Any]


def _make(evidence: Evidence) -> Contents | str:
    """Every two values of a key, all else equal; those at the article's settings come first."""
    table = all_comparisons(evidence.runs, evidence.epochs)
    if table.empty:
        return "settings on the same seeds: there are no two"
    rows = [
        {name: value for name, value in row.items() if name != row["key"]}
        | {"difference": Estimate(*(row[f"mean_difference{end}"] for end in ("", "_low", "_high")))}
        for row in table.to_dict("records")
    ]
    several = [row for row in rows if row["pairs"] >= FEWEST]
    usual = _usual(evidence)
    rates = rates_of_panels(evidence.by_loss)
    first = [row for row in several or rows if _is_usual(row, usual, rates)]
    rest = [row for row in several or rows if row not in first]
    tables = [one for one in (first, rest) if one]
    return {
        "tables": [{"rows": one, "keys": varying_keys(one)} for one in tables],
        "usual": label(usual, [key for key in varying_keys(rows) if key in usual]) if first else "",
        "rows": [*first, *rest],
        "all": len(rows),
        "fewer": len(rows) - len(several) if several else 0,
        "one_order": any(row["design"] == "one order" for row in several),
    }


def _usual(evidence: Evidence) -> dict[Any, Any]:
    """The commonest values of the keys other than learning rate and form of the loss."""
    keys = [key for key in PARAMS if key not in ("lr", "loss", *SEEDS)]
    rows = commonest(evidence.runs, evidence.runs["lr"].map(lambda _: 1), keys)
    usual: dict[Any, Any] = rows.iloc[0][keys].to_dict()
    return usual


def _is_usual(row: Row, usual: Row, rates: list[float]) -> bool:
    """Whether a comparison is one of learning rates or forms, at these rates and the usual rest."""
    compared = (row["first"], row["second"]) if row["key"] == "lr" else (row["lr"],)
    return (
        row["key"] in ("lr", "loss")
        and set(compared) <= set(rates)
        and all(row[key] == value for key, value in usual.items())
    )


PAIRED = Section(
    name="paired",
    make=_make,
    tables="""\
{% macro short(key) %}{{ {"loss": "", "batch_size": "batch size "}.get(key, key ~ " ") }}{% endmacro %}
### Settings compared on the same seeds

{{ section.all }} {{ section.all | plural("comparison") }} of two settings that share seeds and orders{% if section.tables | length > 1 %}: first those of learning rates and of forms of the loss{% if section.usual %} at {{ section.usual }}{% endif %}, then the {{ section.tables[1].rows | length }} others{% endif %}.

{% for table in section.tables %}
| first | second | at | pairs | seeds and orders | first is better | mean difference | difference of interquartile means | both survived | mean difference of these | to settle the mean difference |
|---|---|---|---:|---|---:|---:|---:|---:|---:|---|
{% for row in table.rows %}
| {{ short(row.key) }}{{ row.first | plain }} | {{ short(row.key) }}{{ row.second | plain }} | {% for key in table["keys"] if key != row.key %}{{ short(key) }}{{ row[key] | plain }}{{ ", " if not loop.last }}{% endfor %} | {{ row.pairs }} | {{ design(row) }} | {{ interval(row, "improvement", 2) }} | {{ interval(row, "mean_difference", 3) }} | {{ interval(row, "iqm_difference", 3) }} | {{ row.survived }} | {{ interval(row, "survivors_mean_difference", 3) }} | {{ to_settle(row.needed, row.difference) }} |
{% endfor %}

{% endfor %}
> Final test accuracy of the first minus that of the second, on the same seed and order; a run that diverged counts as its untrained model. Pairs are made of all runs; then those count that cross seeds with orders or share neither. First is better: the probability of improvement, the share of pairs in which it is above, ties half. The two columns before the last take the pairs in which both runs survived. To settle: how many more seeds or orders would let the interval of the mean difference exclude 0 in 80 of 100 samples, were difference and variances as found; a plan, known no better than these. In brackets are 95 % intervals, where there are at least five pairs; those of interquartile means by a paired bootstrap.{% if section.one_order %} Where seeds and orders say “one order”, all pairs have the same order of the examples, and the interval speaks of that order only.{% endif %} Where some of up to ten seeds diverge, the interval of a difference is too narrow: in a simulation with 30 % diverged it held the true difference in 41 to 67 of 100 samples of five or ten seeds, and in 93 to 95 of samples of thirty.{% if section.fewer %} Left out: {{ section.fewer }} {{ section.fewer | plural("comparison") }} with fewer than five pairs.{% endif %}
""",
)
