"""The reproducibility horizon: the report's section on runs that differ in one last bit."""

from analysis.figures import for_screens
from analysis.sections.evidence import Evidence
from analysis.sections.horizon.figure import horizon_figure
from analysis.sections.horizon.sentences import sentences
from analysis.sections.horizon.twins import find_twins
from analysis.sections.section import Contents, Section


def _make(evidence: Evidence) -> Contents | str:
    twins = find_twins(evidence.study.runs, evidence.study.epochs)
    if not twins:
        return (
            "the reproducibility horizon: no run has a twin that differs in a last bit (rounding)"
        )
    said = sentences(twins)
    grown = [one for one in twins if any(one.growth.values())]
    counts = {one.loss: len([other for other in grown if other.loss == one.loss]) for one in grown}
    form = max(counts, key=lambda name: counts[name]) if counts else None
    shown = [one for one in grown if one.loss == form]
    return {
        "sentences": said[:-1],
        "finding": said[-1],
        "twins": twins,
        **(
            for_screens(lambda width: horizon_figure(twins, shown, width))
            if shown
            else {"picture": None}
        ),
        "no_picture": "the reproducibility horizon in a picture: no pair of twins survived apart",
    }


HORIZON = Section(
    name="horizon",
    make=_make,
    figure="""\
{% from "macros.md.j2" import bullets, figure %}
### The reproducibility horizon

{{ bullets(section.sentences) }}

{% call figure("horizon", section.number, "Left: the relative difference in test loss between twins, by epoch and learning rate. Right: the standard deviations of test accuracy that rounding, order and seed make, by learning rate") %}
**{{ section.finding }}** The first panel shows how the difference between a run and its twin, in which one bit is flipped, grows with the epochs (the median over pairs that survived). The second panel shows how much that bit decides, as filled circles: as much as seed or order where a circle is as high as the other marks. Its axis is linear below 0.0001, which is one image of 10,000.
{% endcall %}
""",
    tables="""\
#### What the last bit of one weight does

| loss | learning rate | runs | pairs | both diverged | at another update | only one | apart, median | apart, most | sd, rounding | sd, orders | sd, seeds |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
{% for one in section.twins %}
| {{ form_name(one.loss) }} | {{ one.lr | plain }} | {{ one.families }} | {{ one.pairs }} | {{ one.died }} | {{ one.elsewhere }} | {{ one.one_died }} | {{ one.median | figure }} | {{ one.largest | figure }} | {{ one.rounding | figure(5) }} | {{ one.order | figure }} | {{ one.seed | figure }} |
{% endfor %}

> Apart: the difference in test accuracy after the last epoch between a run and its twin, where both survived. Which bit: that of the number of W that the key `rounding` names. The spreads between orders and seeds are those of “What the seeds decide”; they are of the study's runs at the same settings.
""",
)
