"""What the seeds decide: the variance split by seed and order."""

from analysis.sections.evidence import Evidence
from analysis.sections.naming import in_order
from analysis.sections.section import Contents, Section
from analysis.sections.selection import varying_keys
from analysis.statistics import variance_by_seeds


def _make(evidence: Evidence) -> Contents | str:
    table = variance_by_seeds(evidence.runs, "test_acc")
    if table.empty:
        return (
            "variance by seed and order: no settings were run with several seeds in several orders"
        )
    rows = in_order(table).to_dict("records")
    return {"rows": rows, "keys": varying_keys(rows)}


VARIANCE = Section(
    name="variance",
    make=_make,
    tables="""\
#### What the seeds decide

| setting | learning rate | runs | seeds | orders | of the variance: seed | order | rest |
|---|---:|---:|---:|---:|---:|---:|---:|
{% for row in section.rows %}
| {{ setting_name(row, section["keys"]) }} | {{ row.lr | plain }} | {{ row.runs }} | {{ row.seeds }} | {{ row.orders }} | {{ row.seed_share | percent }} | {{ row.order_seed_share | percent }} | {{ row.rest_share | percent }} |
{% endfor %}

> The variance of the survivors' final test accuracy, split by what draws the parameters (`seed`), what orders the training examples (`order_seed`), and what neither explains alone. A variance from few seeds or few orders is as uncertain as any variance of so few values.
""",
)
