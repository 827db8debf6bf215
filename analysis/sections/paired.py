"""Settings compared on the same seeds."""

from typing import Any

from analysis.figures import rates_of_panels
from analysis.reading import PARAMS
from analysis.sections.evidence import Evidence
from analysis.sections.naming import in_words
from analysis.sections.section import Contents, Section
from analysis.sections.selection import varying_keys
from analysis.statistics import FEWEST, SEEDS, Estimate, all_comparisons, commonest

Row = dict[Any, Any]


def _make(evidence: Evidence) -> Contents | str:
    """Every two values of a key, all else equal; of these the rows that carry the verdicts."""
    table = all_comparisons(evidence.runs, evidence.epochs)
    if table.empty:
        return "settings on the same seeds: there are no two"
    every = [
        row
        | {"difference": Estimate(*(row[f"mean_difference{end}"] for end in ("", "_low", "_high")))}
        for row in table.to_dict("records")
    ]
    usual = _usual(evidence)
    rates = rates_of_panels(evidence.by_loss)
    telling = [row for row in every if row["pairs"] >= FEWEST and _is_usual(row, usual, rates)]
    return {
        "rows": telling,
        "usual": ", ".join(
            in_words(key, usual[key]) for key in varying_keys(every) if key in usual
        ),
        "every": every,
        "one_order": any(row["design"] == "one order" for row in telling),
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
{% if section.rows %}
#### Settings compared on the same seeds

| first | second | at | pairs | seeds and orders | first is better | mean difference | pairs that survived | their mean difference | to settle the mean difference |
|---|---|---|---:|---|---:|---:|---:|---:|---|
{% for row in section.rows %}
| {{ in_words(row.key, row.first) }} | {{ in_words(row.key, row.second) }} | {{ in_words("lr", row.lr) if row.key == "loss" else form_name(row.loss) }} | {{ row.pairs }} | {{ design(row) }} | {{ interval(row, "improvement", 2) }} | {{ interval(row, "mean_difference", 3) }} | {{ row.survived }} | {{ interval(row, "survivors_mean_difference", 3) }} | {{ to_settle(row.needed, row.difference) }} |
{% endfor %}

> Final test accuracy of the first minus that of the second, on the same seed and order. A run that died scores what it scored before training; the columns on survivors take the pairs in which both survived. First is better: the share of pairs in which it is; ties count half.{% if section.usual %} All at {{ section.usual }}.{% endif %} All {{ section.every | length }} comparisons are in `paired.csv`. In brackets are 95 % intervals.{% if section.one_order %} Where seeds and orders say “one order”, the interval holds for that order only.{% endif %}
{% endif %}
""",
)
