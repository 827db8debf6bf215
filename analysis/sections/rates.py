"""What a learning rate gives, and what it costs: final accuracy and share of diverged runs."""

import pandas as pd

from analysis.figures import for_screens, outcome_by_learning_rate
from analysis.formatting import plain
from analysis.sections.evidence import Evidence
from analysis.sections.naming import form_name
from analysis.sections.section import Contents, Section
from analysis.sections.selection import fixed_settings
from runner.configuration import LOSS_NAMES


def _make(evidence: Evidence) -> Contents | str:
    runs = evidence.by_loss
    if runs["lr"].nunique() == 1:
        return "outcome against learning rate: there is only one learning rate"
    if evidence.grid is not None:
        return "outcome against learning rate: the figure on the edge shows it"
    forms = {form: runs[runs["loss"] == form] for form in LOSS_NAMES}
    series = {form: one for form, one in forms.items() if len(one)}
    return {
        **for_screens(lambda width: outcome_by_learning_rate(series, width)),
        "finding": _finding(runs),
        "settings": fixed_settings(evidence.runs, runs),
    }


def _finding(runs: pd.DataFrame) -> str:
    """Where survivors end highest."""
    alive = runs[runs["outcome"] != "diverged"]
    if alive.empty:
        return "No run survived."
    medians = alive.groupby(["loss", "lr"])["test_acc"].median().reset_index()
    best = medians.nlargest(1, "test_acc").iloc[0]
    return (
        f"Survivors end highest with the {form_name(best['loss'])} at {plain(best['lr'])}: their "
        f"median is {best['test_acc']:.3f}."
    )


RATES = Section(
    name="rates",
    make=_make,
    figure="""\
{% from "macros.md.j2" import figure, of %}
### What a learning rate gives, and what it costs

{% call figure("rates", section.number, "Final test accuracy above the share of diverged runs, both against learning rate") %}
**{{ section.finding }}** Read the two panels together: a learning rate is worth its height above only if its share below is small. A rate with a mark below and none above had no survivor. Where the share rises towards small rates, small steps are too slow to escape bad initial weights before a fatal image appears. Marks are medians with 95 % intervals, dots are runs.{{ of(section.settings) }}
{% endcall %}
""",
)
