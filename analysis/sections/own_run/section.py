"""The article's own run: the report's section on the parameters that the article drew."""

import contextlib

from analysis.figures import for_screens
from analysis.printed import RATES, Band
from analysis.sections.evidence import Evidence
from analysis.sections.own_run.figure import own_run_figure
from analysis.sections.own_run.risk import images_at_risk
from analysis.sections.own_run.sentences import sentences
from analysis.sections.section import Contents, Section
from runner.data import FASHION_MNIST
from runner.process import InputError


def _make(evidence: Evidence) -> Contents | str:
    """The printed row beside its own model; without images it is not said what kills it."""
    if not evidence.of_article:
        return ""
    found = evidence.own_run
    if found is None:
        return "the article's own run: nothing was trained from its parameters (draws macos)"
    risk = None
    if found.data is FASHION_MNIST:
        with contextlib.suppress(InputError):
            risk = images_at_risk(evidence.images(FASHION_MNIST.name).train)
    band = found.band
    return {
        "sentences": sentences(found, risk, evidence.runs),
        **(for_screens(lambda width: own_run_figure(band, width)) if band else {"picture": None}),
        "no_picture": "the article's own run in a picture: fewer than five orders survived",
        "finding": _finding(band) if band else "",
        "deaths": sorted(found.deaths, key=lambda one: (-one.seed, RATES.index(one.lr))),
        "band": band,
        "by_epoch": _by_epoch(band) if band else [],
    }


def _finding(band: Band) -> str:
    """Whether the printed losses are those of the article's own parameters, and of no others."""
    own, others = band.distances(band.losses), band.distances(band.others)
    if not len(others):
        return f"The printed losses lie within {100 * own.max():.2g} % of those of the article's weights."
    if own.max() < others.min():
        return "The article's own weights lead to the losses that it printed; other seeds do not."
    return "Other seeds come as near to the printed losses as the article's own weights."


def _by_epoch(band: Band) -> list[tuple[float, ...]]:
    """Printed loss, mean and standard deviation over the orders, and the deviation in these."""
    return [*zip(band.printed, band.mean, band.std, band.deviations, strict=True)]


OWN_RUN = Section(
    name="own_run",
    make=_make,
    figure="""\
{% from "macros.md.j2" import bullets, figure %}
### The article's own run

{{ bullets(section.sentences) }}

{% call figure("own_run", section.number, "The printed losses of learning rate 0.1 on the narrow band of the article's own model, inside the wide band of other seeds") %}
**{{ section.finding }}** Dots are the losses that the article printed at learning rate 0.1. Bands hold all runs that survived. The second panel shows the same as the difference from the printed loss.
{% endcall %}
""",
    tables="""\
{% from "macros.md.j2" import bullets %}
#### The article's own parameters, by order

{% if not section.picture %}
{{ bullets(section.sentences) }}

{% endif %}
| seed | learning rate | orders | died | after updates |
|---:|---:|---:|---:|---:|
{% for one in section.deaths %}
| {{ one.seed }} | {{ one.lr | plain }} | {{ one.orders }} | {{ one.died }} ({{ (100 * one.low) | figure(0) }} to {{ (100 * one.high) | figure(0) }} %) | {% if one.updates %}{{ one.updates | first }} to {{ one.updates | last }}{% else %}–{% endif %} |
{% endfor %}

> These runs divide as the article's program did. At 1 its step was 0, which does not save a model from nan.
{% if section.band %}

| epoch | printed loss | mean over {{ section.band.losses | length }} orders | standard deviation between orders | printed lies off by |
|---:|---:|---:|---:|---:|
{% for printed, mean, std, off in section.by_epoch %}
| {{ loop.index }} | {{ printed | figure(3) }} | {{ mean | figure(3) }} | {{ std | figure(4) }} | {{ off | figure(1) }} standard deviations |
{% endfor %}
{% endif %}
""",
)
