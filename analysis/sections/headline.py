"""The headline figure: every run of the settings that matter, a strip of dots for each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import NARROW, for_screens, rates_of_panels, svg
from analysis.printed import PrintedSequence
from analysis.sections.evidence import Evidence
from analysis.sections.naming import form_name
from analysis.sections.section import Contents, Section
from analysis.sections.selection import at_commonest_settings, fixed_settings
from analysis.statistics import Floats, counted
from runner.configuration import LOSS_NAMES
from runner.pictures import BAD, GREY, INK, LOSS_LOOKS, project_style

ROW = 0.58
"""Inches from strip to strip."""

BELOW = 0.5
"""Rows of room below a strip with printed figures, for what is written there."""

BESIDE = 6.4
"""Inches: it stands beside the verdicts, in a narrower column than other figures."""

ROOM = 0.55
"""Accuracy from which on there is room for words left of a strip."""

MOST_PANELS = 3
"""Learning rates side by side."""

GOLDEN = (5**0.5 - 1) / 2
"""Multiples of it modulo 1 are spread evenly, so that dots of a strip hide few others."""

SMALL: dict[str, Any] = {"fontsize": 7.5, "va": "center"}


class Strip(NamedTuple):
    """The runs of a setting at a learning rate: by run id the final test accuracy of survivors,
    and of those that died that of their untrained model; the `mean` of all; what was `printed`."""

    alive: "pd.Series[float]"
    dead: "pd.Series[float]"
    mean: float
    printed: float | None


def _make(evidence: Evidence) -> Contents | str:
    runs = at_commonest_settings(evidence.runs, "loss", "init_sigma")
    printed = [one for one in evidence.printed if evidence.table or one.source == "article"]
    strips = strips_of(runs, evidence.epochs, printed if evidence.with_printed else ())
    if len(strips) == 1:
        return "every run at a glance: there is only one setting"
    return {
        **for_screens(lambda width: headline_figure(strips, width), BESIDE),
        "dots": dots_of(strips),
        "finding": _finding(strips),
        "settings": fixed_settings(evidence.runs, runs),
        "printed": any(strip.printed is not None for strip in strips.values()),
    }


Place = tuple[str, float, float]
"""Form of the loss, spread of the initial parameters, learning rate."""


def strips_of(
    runs: pd.DataFrame, epochs: pd.DataFrame, sequences: Sequence[PrintedSequence] = ()
) -> dict[Place, Strip]:
    """A strip for each form of the loss, spread of the initial parameters and learning rate.

    `runs` differ in these and the seeds only; of more than three learning rates the article's
    are taken. `sequences` are printed ones, of which the last test accuracy is taken.
    """
    printed = {
        (one.loss, one.init_sigma, one.lr): figure.value
        for one in sequences
        for figure in one.figures
        if figure.metric.startswith("test_acc")
    }
    table = runs.assign(accuracy=counted(runs, epochs, "test_acc"))
    table = table[table["lr"].isin(rates_of_panels(runs, MOST_PANELS))]
    strips: dict[Place, Strip] = {}
    for _, group in table.groupby(["loss", "init_sigma", "lr"]):
        accuracies = group.set_index("run_id")["accuracy"].sort_values()
        first = group.iloc[0]
        place = (str(first["loss"]), float(first["init_sigma"]), float(first["lr"]))
        died = accuracies.index.isin(group.loc[group["outcome"] == "diverged", "run_id"])
        strips[place] = Strip(
            accuracies[~died], accuracies[died], float(accuracies.mean()), printed.get(place)
        )
    return strips


def dots_of(strips: Mapping[Place, Strip]) -> dict[str, list[str]]:
    """The run ids of the dots in the picture, by the id of their group there, in its order."""
    return {
        _group(place, kind): values.index.tolist()
        for place, strip in strips.items()
        for kind, values in (("alive", strip.alive), ("dead", strip.dead))
    }


def _group(place: Place, kind: str) -> str:
    return "-".join(["runs", *map(str, place), kind])


def _finding(strips: Mapping[Place, Strip]) -> str:
    """Which form of the loss loses no run shown, and how many the first of the others does."""
    dead: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    for (form, _, _), strip in strips.items():
        dead[form] += len(strip.dead)
        runs[form] += len(strip.dead) + len(strip.alive)
    safe = [form for form in LOSS_NAMES if form in runs and not dead[form]]
    risky = [form for form in LOSS_NAMES if dead[form]]
    if not risky:
        return "No run died."
    deaths = f"{dead[risky[0]]} of {runs[risky[0]]}"
    if safe:
        return f"The {form_name(safe[-1])} loses no run, the {form_name(risky[0])} {deaths}."
    return f"The {form_name(risky[0])} loses {deaths} runs."


def headline_figure(strips: dict[Place, Strip], width: float) -> str:
    """A panel for each learning rate, a strip for each setting; on a phone panels are stacked.

    A dot is a run, a cross one that died, a bar the mean of all, a triangle the printed figure.
    """
    rates = sorted({lr for _, _, lr in strips}, reverse=True)
    settings = sorted(
        {(loss, sigma) for loss, sigma, _ in strips},
        key=lambda one: (list(LOSS_NAMES).index(one[0]), -one[1]),
    )
    stacked = width <= NARROW
    printed = {(loss, sigma) for (loss, sigma, _), one in strips.items() if one.printed is not None}
    rows = (
        np.arange(len(settings))
        + BELOW * np.cumsum([0, *(one in printed for one in settings)])[:-1]
    )
    height = (rows[-1] + 1) * ROW + 0.35
    with project_style():
        figure = Figure(
            figsize=(width, (len(rates) * height if stacked else height) + 0.35),
            layout="constrained",
        )
        grid = (len(rates), 1) if stacked else (1, len(rates))
        panels = figure.subplots(*grid, sharex=True, sharey=True, squeeze=False).flat
        for ax, rate in zip(panels, rates, strict=True):
            ax.set_title(f"learning rate {rate:g}")
            for row, (loss, sigma) in zip(rows, settings, strict=True):
                place = (loss, sigma, rate)
                if place in strips:
                    _draw(ax, place, strips[place], row)
            ax.set_xlim(-0.04, 1)
            ax.set_xticks([0, 0.2, 0.4, 0.6, 0.8])
            ax.grid(visible=False, axis="y")
            ax.tick_params(axis="y", length=0)
            ax.spines["left"].set_visible(False)
            if stacked or rate == rates[0]:
                _name_rows(ax, settings, rows)
        figure.supxlabel("test accuracy after the last epoch", fontsize=8, color=GREY)
        return svg(figure)


def _draw(ax: Axes, place: Place, strip: Strip, row: float) -> None:
    colour = LOSS_LOOKS[place[0]]["color"]
    alive: dict[str, Any] = {"color": colour, "markersize": 4, "markeredgewidth": 0, "alpha": 0.55}
    dead: dict[str, Any] = {"color": BAD, "markersize": 3.5, "markeredgewidth": 0.8, "alpha": 0.7}
    for kind, values, mark, look in (
        ("alive", strip.alive, ".", alive),
        ("dead", strip.dead, "x", dead),
    ):
        heights = row + 0.36 * (np.arange(len(values)) * GOLDEN % 1 - 0.5)
        ax.plot(values, heights, mark, gid=_group(place, kind), **look)
    ax.plot([strip.mean] * 2, [row - 0.27, row + 0.27], color=INK, linewidth=1.2)
    mean = f"{strip.mean:.3f}" if row else f"mean {strip.mean:.3f}"
    ax.text(strip.mean, row - 0.38, mean, color=INK, ha="center", **SMALL)
    died = f"{len(strip.dead) or 'none'} of {len(strip.alive) + len(strip.dead)} died"
    mixed = len(strip.alive) and len(strip.dead)
    runs = np.concatenate([strip.alive, strip.dead])
    right = -0.04 if mixed or runs.min() > ROOM else float(runs.max()) + 0.05
    below = row + (0.38 if strip.printed is None else 0.66)
    colour = BAD if len(strip.dead) else GREY
    ax.text(right, below if mixed else row, died, color=colour, **SMALL)
    if strip.printed is not None:
        ax.plot(strip.printed, row + 0.36, "^", color=INK, markersize=4)
        article = f"printed {strip.printed:.3f}"
        ax.text(strip.printed - 0.02, below, article, color=INK, ha="left", **SMALL)


def _name_rows(ax: Axes, settings: Sequence[tuple[str, float]], rows: Floats) -> None:
    several = len({sigma for _, sigma in settings}) > 1
    names = [
        f"{form_name(loss)}\ninitial \N{GREEK SMALL LETTER SIGMA} {sigma:g}"
        if several
        else form_name(loss)
        for loss, sigma in settings
    ]
    ax.set_yticks(rows, names)
    ax.set_ylim(rows[-1] + 0.55, -0.6)


HEADLINE = Section(
    name="headline",
    make=_make,
    place="opening",
    figure="""\
{% from "macros.md.j2" import figure, of %}
{% call figure("headline", section.number, "Test accuracy of every run, a strip of dots for each form of the loss and initial sigma, a panel for each learning rate") %}
**{{ section.finding }}** A dot is a run. A cross is a run that died, drawn at the accuracy it had before training. A bar is the mean of all runs, those that died included; it decides the ranking.{% if section.printed %} A triangle is a printed accuracy.{% endif %}{{ of(section.settings) }}
{% endcall %}
""",
)
