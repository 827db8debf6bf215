"""What a learning rate gives, and what it costs: final accuracy and share of diverged runs."""

from analysis.figures import outcome_by_learning_rate
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.sections.selection import fixed_settings
from runner.configuration import LOSS_NAMES


def _make(evidence: Evidence) -> Contents | str:
    runs = evidence.by_loss
    if runs["lr"].nunique() == 1:
        return "outcome against learning rate: there is only one learning rate"
    if evidence.grid is not None:
        return "outcome against learning rate: the figure on the edge shows it"
    series = {form: runs[runs["loss"] == form] for form in LOSS_NAMES}
    return {
        "picture": outcome_by_learning_rate(
            {form: one for form, one in series.items() if len(one)}
        ),
        "settings": fixed_settings(evidence.runs, runs),
    }


RATES = Section(
    name="rates",
    make=_make,
    figure="""\
{% from "macros.md.j2" import figure, of %}
### What a learning rate gives, and what it costs

{% call figure("rates", section.number, "Final test accuracy above the share of diverged runs, both against learning rate") %}
Read the two panels together: a learning rate is worth its height above only if its share below is small. A learning rate with a mark below and none above had no survivor. Where the share rises towards small learning rates, runs die of their initial parameters: small steps do not leave them before an image comes whose gradient is not finite. Marks are medians of the survivors with their 95 % intervals, which may be narrower than the mark; dots are runs; shares have Wilson intervals.{{ of(section.settings) }}
{% endcall %}
""",
)
