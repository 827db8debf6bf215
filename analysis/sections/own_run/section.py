"""The article's own run: the report's section on the parameters that the article drew."""

import contextlib

from analysis.printed import RATES, Band, own_run
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
    found = own_run(evidence.runs, evidence.epochs)
    if found is None:
        return "the article's own run: nothing was trained from its parameters (draws macos)"
    risk = None
    if found.data is FASHION_MNIST:
        with contextlib.suppress(InputError):
            risk = images_at_risk(evidence.images(FASHION_MNIST.name).train)
    band = found.band
    return {
        "sentences": sentences(found, risk, evidence.runs),
        "picture": own_run_figure(band) if band else None,
        "no_picture": "the article's own run in a picture: fewer than five orders survived",
        "deaths": sorted(found.deaths, key=lambda one: (-one.seed, RATES.index(one.lr))),
        "band": band,
        "by_epoch": _by_epoch(band) if band else [],
    }


def _by_epoch(band: Band) -> list[tuple[float, ...]]:
    """Printed loss, mean and standard deviation over the orders, and the deviation in these."""
    return [*zip(band.printed, band.mean, band.std, band.deviations, strict=True)]


OWN_RUN = Section(
    name="own_run",
    make=_make,
    figure="""\
{% from "macros.md.j2" import figure %}
### The article's own run

{% for sentence in section.sentences %}
- {{ sentence }}
{% endfor %}

{% call figure("own_run", section.number, "The printed losses of learning rate 0.1 on the narrow band of the article's own model, inside the wide band of other seeds") %}
The losses that the article printed at learning rate 0.1, and those of the model that printed them: its five numbers lie where its own parameters lead in any order of the examples, and other seeds do not. Bands hold all runs that survived. Right: the same, as the difference from the printed loss.
{% endcall %}
""",
    tables="""\
### The article's own parameters, by order

{% if not section.picture %}
{% for sentence in section.sentences %}
- {{ sentence }}
{% endfor %}

{% endif %}
| seed | learning rate | orders | became nan | of 100 | updates before, least to most |
|---:|---:|---:|---:|---:|---:|
{% for one in section.deaths %}
| {{ one.seed }} | {{ one.lr | plain }} | {{ one.orders }} | {{ one.died }} | {{ (100 * one.low) | figure(0) }} to {{ (100 * one.high) | figure(0) }} | {% if one.updates %}{{ one.updates | first }} to {{ one.updates | last }}{% else %}–{% endif %} |
{% endfor %}

> As the article's program ran: at 1 its step was 0, which does not save a model from nan.
{% if section.band %}

| epoch | printed loss | mean over {{ section.band.losses | length }} orders | standard deviation between orders | printed lies off by |
|---:|---:|---:|---:|---:|
{% for printed, mean, std, off in section.by_epoch %}
| {{ loop.index }} | {{ printed | figure(6) }} | {{ mean | figure(4) }} | {{ std | figure(4) }} | {{ off | figure(1) }} standard deviations |
{% endfor %}
{% endif %}
""",
)
