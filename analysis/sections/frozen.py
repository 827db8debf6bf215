"""Did the printed model move at all? The report's section on the frozen-model test."""

from collections.abc import Mapping
from typing import Any

from analysis.printed import ARTICLE, Untrained, cross_validated, judge, printed_runs
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.statistics import each_seed_once, matching, wilson

SLOW = 0.001
"""Learning rates up to this one move a model little: what the test must not take for frozen."""


def _make(evidence: Evidence) -> Contents | str:
    """A verdict for each printed sequence, and how often the test errs."""
    if not evidence.with_printed:
        return ""
    test = evidence.frozen_test
    if test is None:
        return (
            "the test whether a printed model moved: it takes Fashion-MNIST and runs to compare "
            "with"
        )
    if not test.verdicts:
        return "the test whether a printed model moved: no training has two epochs with all figures"
    return {
        "verdicts": test.verdicts,
        "unjudged": test.unjudged,
        "table": evidence.table and evidence.table.name,
        "simulated": [
            {
                "batch_size": batch_size,
                "init_sigma": init_sigma,
                **_error_rates(untrained),
                "controls": _controls(
                    evidence,
                    {**evidence.printed_data, "batch_size": batch_size, "init_sigma": init_sigma},
                    untrained,
                ),
            }
            for (batch_size, init_sigma), untrained in test.untrained.items()
        ],
    }


def _error_rates(untrained: Untrained) -> dict[str, Any]:
    """How often the test calls a row of these models not frozen."""
    models, shuffles = untrained.last_loss.shape
    errors = cross_validated(untrained)
    low, high = wilson(errors.frozen_rejected * models, models)
    sizes = {"models": models, "shuffles": shuffles}
    return {**sizes, "errors": errors, "rejected_low": low, "rejected_high": high}


def _controls(
    evidence: Evidence, settings: Mapping[str, object], untrained: Untrained
) -> list[dict[str, Any]]:
    """Our own runs of which we know whether they moved: those of a step of 0, and slow ones."""
    usual = {key: value for key, value in ARTICLE.items() if key != "division"}
    ours = matching(evidence.runs, {**usual, **settings, "loss": "pick_log"})
    ours = each_seed_once(ours, ("on_divergence",))
    ours = ours[ours["outcome"] != "diverged"]
    still = (ours["division"] == "python2") & (ours["lr"] == 1)
    slow = (ours["division"] == "python3") & (ours["lr"] <= SLOW)
    rows = []
    for (lr, division), group in ours[still | slow].groupby(["lr", "division"]):
        own = evidence.epochs["run_id"].isin(group["run_id"])
        printed = printed_runs(evidence.epochs[own])
        called = sum(judge(one, untrained).frozen for one in printed)
        low, high = wilson(called, len(group))
        row = {"lr": lr, "moved": division == "python3", "runs": len(group), "called": called}
        rows.append({**row, "low": low, "high": high})
    return sorted(rows, key=lambda row: (row["moved"], -row["lr"]))


FROZEN = Section(
    name="frozen",
    make=_make,
    tables="""\
#### Did the printed model move at all?

Why would a model not move? A program divides the learning rate by the batch size. The article's program was written for Python 2, and its learning rate 1 is a whole number. There 1 / 256 is 0, and no update changes anything. The rates 0.1 and 0.01 are not whole numbers, so their rows are not affected.

A model that never moves prints the same test accuracy after every epoch. Its training figures jitter, because each shuffle puts other examples into the small last batch. So its training accuracies can only differ by whole steps. Printed rows that break these rules cannot come from such a model.{% if section.simulated %} Rows that keep them are compared with {{ section.simulated[0].models }} untrained models of {{ section.simulated[0].shuffles }} shuffles each. What is compared is how much the figures jitter and how high they are. The p-value is the share of models that never moved and print something at least as unusual.{% endif %}{% if section.table %} Models are simulated with the loss pick_log, for rows that these rules leave open. For other forms, and without the images, only the rules decide.{% endif %}


| printed | p-value for “frozen” | frozen? | why |
|---|---:|---|---|
{% for one in section.verdicts %}
{% set why = one.impossible or one.sentence.partition(": ")[2] %}
| {{ one.name }} | {{ "impossible" if one.impossible else one.p_value | p }} | {{ ("yes" if one.p_value is not none else "not excluded") if one.frozen else "no" }} | {{ why[0] | upper ~ why[1:] }} |
{% endfor %}

{% if section.unjudged %}
Not tested: {{ section.unjudged | join("; ") }}. The test needs at least two printed epochs, and all three figures of each.

{% endif %}
{% for one in section.simulated %}
How often does the test err{% if section.simulated | length > 1 %} at batch size {{ one.batch_size }} and init_sigma {{ one.init_sigma | plain }}{% endif %}? These models print {{ one.errors.frozen_rows }} rows of five epochs, and each row is judged by the other models. The test called {{ (100 * one.errors.frozen_rejected) | figure(1) }} % of the rows “not frozen”; it should call about 5 %. The 95 % interval, with each model counted once, is {{ (100 * one.rejected_low) | figure(1) }} to {{ (100 * one.rejected_high) | figure(1) }} %.

{% endfor %}

What the test excludes is a step that changes the figures by more than they differ from epoch to epoch. A model that moves by less may print what a frozen one prints, and then it is called frozen.
{% if section.simulated | map(attribute="controls") | sum(start=[]) %}

| our runs at learning rate | did they move? | called frozen | 95 % interval |
|---:|---|---:|---:|
{% for one in section.simulated %}
{% for row in one.controls %}
| {{ row.lr | plain }} | {{ "yes" if row.moved else "no, a step of size 0" }} | {{ row.called }} of {{ row.runs }} | {{ row.low | percent }} to {{ row.high | percent }} |
{% endfor %}
{% endfor %}
{% endif %}

{% if not section.table %}
> The official files stand in for the earlier upload of the data that the printed rows were made with.
{% endif %}
""",
)
