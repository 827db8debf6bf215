"""How long runs live: Kaplan-Meier curves."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, PercentFormatter

from analysis.figures import (
    NARROW,
    WIDTH,
    for_screens,
    panels_beside,
    plain_numbers,
    rate_legend,
    rates_of_panels,
    svg,
)
from analysis.sections.evidence import Evidence
from analysis.sections.naming import form_name
from analysis.sections.section import Contents, Section
from analysis.sections.selection import fixed_settings, shown_rates
from analysis.statistics import FEWEST, each_seed_once, kaplan_meier, updates_reached
from runner.configuration import LOSS_NAMES
from runner.pictures import project_style, rate_looks
from runner.process import plural


def _make(evidence: Evidence) -> Contents | str:
    runs = each_seed_once(evidence.by_loss)  # bands are of independent runs
    lost = runs["outcome"] == "diverged"
    if not lost.any():
        return "how long runs live: none diverged"
    return {
        **for_screens(lambda width: survival_by_learning_rate(runs, width)),
        "finding": _finding(runs[lost]["diverged_update"]),
        "settings": fixed_settings(evidence.runs, runs),
        "shown": shown_rates(runs),
    }


def _finding(updates: "pd.Series[float]") -> str:
    """When half of the runs that die are dead."""
    middle = float(updates.median())
    return f"Of the runs that die, half are dead after {middle:g} {plural(middle, 'update')}."


def survival_by_learning_rate(runs: pd.DataFrame, width: float = WIDTH) -> str:
    """Share of runs that are still finite after so many updates, a panel for each loss form.

    `runs` differ in learning rate, seed and perhaps in the form of the loss. The axis is
    logarithmic from the first update on: most runs that diverge do so at once.
    """
    losses = [loss for loss in LOSS_NAMES if (runs["loss"] == loss).any()]
    rates = rates_of_panels(runs)
    looks = rate_looks(rates)
    last = float(updates_reached(runs).max())
    with project_style():
        height = 2.2 * len(losses) if width <= NARROW else 3.2
        figure = Figure(figsize=(width, height), layout="constrained")
        panels = panels_beside(figure, len(losses), width, sharey=True)
        for ax, loss in zip(panels, losses, strict=True):
            for rate in rates:
                group = runs[(runs["loss"] == loss) & (runs["lr"] == rate)]
                if group.empty:
                    continue
                lost = group["outcome"] == "diverged"
                curve = kaplan_meier(updates_reached(group), lost)
                look = {key: value for key, value in looks[rate].items() if key != "marker"}
                if len(group) >= FEWEST:
                    band = (curve["update"], curve["low"], curve["high"])
                    faint = {"color": look["color"], "alpha": 0.15, "linewidth": 0}
                    ax.fill_between(*band, step="post", **faint)
                ax.step(curve["update"], curve["surviving"], where="post", **look)
            ax.set_title(form_name(loss))
            ax.set_xscale("symlog", linthresh=1, linscale=0.4)
            ax.set_xlim(0, max(last, 1))
            ax.xaxis.set_major_locator(FixedLocator([0, 1, 10, 100, 1000, 10_000, 100_000]))
            ax.xaxis.set_minor_locator(NullLocator())
            plain_numbers(ax.xaxis)
            ax.set_xlabel("updates completed")
        panels[0].set_ylim(-0.02, 1.02)
        panels[0].set_ylabel("runs still finite")
        panels[0].yaxis.set_major_formatter(PercentFormatter(1))
        rate_legend(figure, rates, marker=None)
        return svg(figure)


SURVIVAL = Section(
    name="survival",
    make=_make,
    figure="""\
{% from "macros.md.j2" import figure, of %}
### How long runs live

{% call figure("survival", section.number, "Share of runs still finite against updates, a panel for each form of the loss, a line for each learning rate") %}
**{{ section.finding }}** A line falls where runs die. On the left are those that met a fatal image in their first updates, further right those that training drove to one. Lines are Kaplan-Meier curves of runs that share neither seed nor order, with 95 % bands where there are at least five. The axis is logarithmic from the first update on.{% if section.shown[0] < section.shown[1] %} Shown are {{ section.shown[0] }} of {{ section.shown[1] }} learning rates.{% endif %}{{ of(section.settings) }}
{% endcall %}
""",
)
