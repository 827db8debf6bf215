"""The printed figures beside ours, and put to the test."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import NARROW, WIDTH, for_screens, svg
from analysis.formatting import MOST_NAMED
from analysis.printed import LEVEL, Comparison, FigureCheck
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from runner.pictures import BAD, NEUTRAL, project_style
from runner.process import plural


def _make(evidence: Evidence) -> Contents | str:
    if not evidence.with_printed:
        return ""
    compared = evidence.comparisons
    if not compared and not evidence.table:
        return "the printed figures beside ours: no run has the settings of a printed sequence"
    bounded = [one for one in compared if any(check.inside is not None for check in one.checks)]
    judged = [one for one in compared if one.p_holm is not None]
    least = [len(judged) / (one.alive + 1) for one in judged]  # p-values by rank, corrected
    return {
        "sequences": compared,
        "table": evidence.table and evidence.table.name,
        "data": evidence.printed_data,
        "missing": evidence.missing,
        "sentences": _verdict_sentences(
            compared, len(evidence.printed if evidence.table else compared)
        ),
        "judged": len(judged),
        "level": LEVEL,
        "corrected": LEVEL / max(1, len(judged)),
        "rank_is_powerless": bool(least) and min(least) >= LEVEL,
        **(
            for_screens(lambda width: printed_beside_ours(bounded, width))
            if bounded
            else {"picture": None}
        ),
        "no_picture": "the printed figures beside ours: no printed sequence has runs of ours in "
        "39 orders beside it, which an interval needs",
    }


def _verdict_sentences(compared: list[Comparison], printed: int) -> list[str]:
    judged = [one for one in compared if one.p_holm is not None]
    if not judged:
        return [
            "No printed sequence can be compared with sixty runs of ours in sixty orders, so none "
            "is judged."
        ]
    checks = [check for one in judged for check in one.checks]
    inside = sum(bool(check.inside) for check in checks)
    which = f"All {printed}" if len(judged) == printed else f"{len(judged)} of {printed}"
    said = [
        f"{which} printed {plural(printed, 'sequence')} can be compared with at least sixty runs "
        f"of ours in sixty orders. Of their {len(checks)} figures, {inside} lie in the interval "
        "that holds 95 % of our runs."
    ]
    for verdict, meaning in VERDICTS.items():
        if names := [one.printed.name for one in judged if one.verdict == verdict]:
            few = len(names) <= MOST_NAMED
            said.append(f"{meaning}: {'; '.join(names) if few else f'{len(names)} sequences'}.")
    return said


VERDICTS = {
    "not consistent": "Not consistent with our runs",
    "undecided": "Undecided, because the verdict depends on the assumed distribution",
    "not distinguishable": "Not distinguishable from our runs",
}
"""What a verdict means, as the head of a list of printed sequences."""


def printed_beside_ours(comparisons: Sequence[Comparison], width: float = WIDTH) -> str:
    """Each printed figure's place in the 95 % prediction interval of ours.

    The band is the interval, drawn from -1 to 1 with the median at 0; a figure outside it is
    marked. What lies further than three intervals away is drawn at the border.
    """
    shown = [one for one in comparisons if any(check.inside is not None for check in one.checks)]
    markers = {"train_loss": "o", "train_acc": "^", "test_acc": "s"}
    with project_style():
        figure = Figure(figsize=(width, 1.2 + 0.42 * len(shown)), layout="constrained")
        ax = figure.subplots()
        ax.axvspan(-1, 1, color=NEUTRAL, alpha=0.25, linewidth=0)
        ax.axvline(0, color=NEUTRAL, linewidth=1)
        for row, one in enumerate(shown):
            for check in one.checks:
                metric = check.figure.metric.removesuffix("_batch_mean")
                height = row + 0.26 * (list(markers).index(metric) - 1)
                colour = "#333333" if check.inside else BAD
                ax.plot(_place(check), height, markers[metric], color=colour, markersize=4.5)
        joint = ", " if width > NARROW else "\n"
        names_of_rows = [
            one.printed.name.replace(", learning rate", f"{joint}learning rate") for one in shown
        ]
        ax.set_yticks(range(len(shown)), names_of_rows, parse_math=False)  # a user's texts
        ax.invert_yaxis()
        places = [abs(_place(check)) for one in shown for check in one.checks]
        reach = max(1.6, *places) + 0.2
        ax.set_xlim(-reach, reach)
        ax.set_xticks([-1, 0, 1], ["2.5 %", "median", "97.5 %"])
        ax.set_xlabel("place of the printed figure among ours")
        ax.grid(visible=False)
        names = {
            "train_loss": "train loss",
            "train_acc": "train accuracy",
            "test_acc": "test accuracy",
        }
        handles = [
            Line2D([], [], color="#333333", marker=markers[key], linestyle="", label=name)
            for key, name in names.items()
        ]
        handles.append(Line2D([], [], color=BAD, marker="o", linestyle="", label="outside"))
        figure.legend(handles=handles, loc="outside lower center", ncols=4 if width > NARROW else 2)
        return svg(figure)


def _place(check: FigureCheck) -> float:
    """0 at the median, -1 and 1 at the ends of the prediction interval, 3 at the border."""
    low, high = check.low, check.high
    assert low is not None
    assert high is not None
    distance = check.figure.value - check.median
    width = high - check.median if distance > 0 else check.median - low
    return float(np.clip(distance / width if width > 0 else 3 * np.sign(distance), -3, 3))


COMPARISON = Section(
    name="comparison",
    make=_make,
    figure="""\
{% from "macros.md.j2" import figure %}
### The printed figures beside ours

{% call figure("comparison", section.number, "Each printed figure's place in the prediction interval of our runs, a row for each printed sequence") %}
{% for sentence in section.sentences %}{% if loop.first %}**{{ sentence }}** {% else %}{{ sentence }} {% endif %}{% endfor %}A mark is a printed number among those of our runs with the same settings. The band holds 95 % of our runs and is drawn equally wide for every figure. A mark outside it is drawn in units of half a band from the median, at most three. One mark in twenty falls outside by chance, and the marks of one row move together. So the verdict is not a count of marks but a joint test of the row, in the tables below.
{% endcall %}
""",
    tables="""\
{% macro own(one, share) %}{% if share is none %}–{% else %}{{ (share * one.alive) | round | int }} of {{ one.alive }}{% endif %}{% endmacro %}
#### The printed figures put to the test

{% if not section.picture %}
{% for sentence in section.sentences %}
{{ sentence }}
{% endfor %}
{% endif %}

{% if section.table %}
The rows are those of {{ section.table | code }}. They are compared with runs on {{ section.data["data.name"] }} with {{ section.data["data.train_limit"] }} training and {{ section.data["data.test_limit"] }} test examples, which most of the runs had.

{% if section.missing %}
These commands train what a verdict still needs:

{% for name, command in section.missing.items() %}
- {{ name }}: {{ command | code }}
{% endfor %}

{% endif %}
{% endif %}
{% if section.sequences %}
| printed | setting | our runs | p | after Holm | false alarms at {{ (100 * section.level) | plain }} % | verdict (exploratory) | differs in |
|---|---|---:|---:|---:|---:|---|---|
{% for one in section.sequences %}
| {{ one.printed.name }} | {{ setting_name({"loss": one.printed.loss, "division": one.printed.division, "init_sigma": one.printed.init_sigma, "batch_size": one.printed.batch_size}, ["division", "init_sigma", "batch_size"]) }} | {{ one.alive }} of {{ one.runs }} | {{ one.p_value | p }} | {{ one.p_holm | p }} | {{ own(one, one.own_rejected) }} | {{ one.verdict }}{{ "; nan in epoch %d, as %d of our %d by then" % (one.printed.diverged_step, one.lost, one.runs) if one.printed.diverged_step }} | {{ one.printed.differs }} |
{% endfor %}

> A p-value says how often one more run of ours would lie at least as far from our mean as the printed one, in all figures at once. After Holm: corrected for {{ section.judged }} {{ section.judged | plural("sequence") }}. “Not distinguishable” means that nothing speaks against it, which is not proof. False alarms: how many of our own runs the test rejects, each tested against the others. All verdicts are exploratory: data upload, release or framework differ, so an inconsistent figure may have an innocent reason.

#### Each p-value of the printed figures

| printed | p: normal | heavy-tailed | straightened | by rank | false alarms at {{ "%.2g" % (100 * section.corrected) }} % |
|---|---:|---:|---:|---:|---:|
{% for one in section.sequences %}
| {{ one.printed.name }} | {% for place in range(3) %}{{ (one.p_values[place] if one.p_values else none) | p }} | {% endfor %}{{ one.rank_p_value | p }} | {{ own(one, one.own_rejected_corrected) }} |
{% endfor %}

> Our runs: those still finite at the last printed step, no two with the same seed or order. The printed epoch e is our step e + 1. A p-value takes all figures of a sequence at once (Hotelling's T² for one more draw), because a run's figures are correlated: one that starts badly is behind in every epoch. How far is too far depends on the distribution, so three are assumed: normal figures; tails as heavy as our own runs' distances suggest; and figures that a power has made normal (straightened). By rank: the same distance without assuming a normal distribution, never below 1 / (runs + 1){% if section.rank_is_powerless %}, so it alone cannot reject after a correction for {{ section.judged }} sequences{% endif %}. The largest of the three is the p above. A sequence is “not consistent” if that is below 5 % after Holm's correction. It is “undecided” if only the smallest of the three would be. The correction begins at the level of the false alarms here. If their share exceeds that level, the test calls too many sequences inconsistent.

{% endif %}
{% if section.sequences | selectattr("checks") | list %}
#### Every printed figure

| printed | figure | epochs completed | printed value | our median | 95 % prediction interval | percentile |
|---|---|---:|---:|---:|---:|---:|
{% for one in section.sequences %}
{% for check in one.checks %}
| {{ one.printed.name }} | {{ check.figure.metric }} | {{ check.figure.step }} | {{ check.figure.value | figure(check.figure.decimals) }} | {{ check.median | figure(check.figure.decimals) }} | {% if check.low is not none %}{{ check.low | figure(check.figure.decimals) }} to {{ check.high | figure(check.figure.decimals) }}{% else %}fewer than 39 runs{% endif %} | {{ check.percentile | figure(1) }} |
{% endfor %}
{% endfor %}
{% endif %}
""",
)
