"""Settings compared on the same seeds."""

from analysis.figures import rates_of_panels
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.sections.selection import varying_keys
from analysis.statistics import FEWEST, compare_values


def _make(evidence: Evidence) -> Contents | str:
    by_loss, by_size = (
        runs[runs["lr"].isin(rates_of_panels(runs))]
        for runs in (evidence.by_loss, evidence.by_batch_size)
    )
    rows = [
        {"key": key, **row}
        for key, runs in (("lr", by_loss), ("loss", by_loss), ("batch_size", by_size))
        for row in compare_values(runs, evidence.epochs, key, evidence.rng).to_dict("records")
    ]
    if not rows:
        return "settings on the same seeds: there are no two"
    several = [row for row in rows if row["pairs"] >= FEWEST]
    return {
        "rows": several or rows,
        "fewer": len(rows) - len(several) if several else 0,
        "keys": varying_keys(rows),
    }


PAIRED = Section(
    name="paired",
    make=_make,
    tables="""\
{% macro short(key) %}{{ {"loss": "", "batch_size": "batch size "}.get(key, key ~ " ") }}{% endmacro %}
### Settings compared on the same seeds

| first | second | at | pairs | first is better | mean difference | difference of interquartile means | both survived | mean difference of these |
|---|---|---|---:|---:|---:|---:|---:|---:|
{% for row in section.rows %}
| {{ short(row.key) }}{{ row.first | plain }} | {{ short(row.key) }}{{ row.second | plain }} | {% for key in section["keys"] if key != row.key %}{{ short(key) }}{{ row[key] | plain }}{{ ", " if not loop.last }}{% endfor %} | {{ row.pairs }} | {{ interval(row, "improvement", 2) }} | {{ interval(row, "mean_difference", 3) }} | {{ interval(row, "iqm_difference", 3) }} | {{ row.survived }} | {{ interval(row, "survivors_mean_difference", 3) }} |
{% endfor %}

> Final test accuracy of the first minus that of the second, on the same seed and order; a run that diverged counts as its untrained model. First is better: the probability of improvement, the share of seeds on which it is above, ties half. The last two columns take the pairs in which both runs survived. In brackets are 95 % intervals, where there are at least five pairs; those of interquartile means by a paired bootstrap. Where some of up to ten seeds diverge, the interval of a difference is too narrow: in a simulation with 30 % diverged it held the true difference in 41 to 67 of 100 samples of five or ten seeds, and in 93 to 95 of samples of thirty.{% if section.fewer %} Left out: {{ section.fewer }} {{ section.fewer | plural("comparison") }} on fewer than five seeds.{% endif %}
""",
)
