"""Where is the edge? The report's section on a fine grid of learning rates."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.figures import for_screens
from analysis.sections.edge.bounds import Bounds, curvature_bounds
from analysis.sections.edge.figure import edge_figure
from analysis.sections.edge.sensitivity import (
    best_rates,
    divergence_shares,
    final_figures,
    sensitivities,
)
from analysis.sections.edge.sentences import (
    bound_sentences,
    divergence_sentence,
)
from analysis.sections.evidence import Evidence
from analysis.sections.grid import DESIGN
from analysis.sections.naming import form_name
from analysis.sections.section import Contents, Section
from runner.configuration import LOSS_NAMES
from runner.process import InputError


def _make(evidence: Evidence) -> Contents | str:
    """What happens along the grid; without images or parameters there is no curvature bound."""
    grid, epochs = evidence.grid, evidence.epochs
    if grid is None:
        return "where the edge is: no ten learning rates were run with the same seeds and settings"
    shares = divergence_shares(grid)
    accuracies = final_figures(grid, epochs, "test_acc")
    found = best_rates(accuracies)
    best = {form: found[form] for form in LOSS_NAMES if form in found}
    best_by_loss = best_rates(final_figures(grid, epochs, "test_loss"), lowest=True)
    bounds = _bounds(evidence, grid, best)
    sensitivity = sensitivities(grid, epochs)
    rows = [
        {
            "loss": form,
            **_divergence(shares[shares["loss"] == form]),
            **_at_best(accuracies[accuracies["loss"] == form], best.get(form)),
            "best_by_loss": best_by_loss.get(form),
            **_sensitivity(sensitivity[sensitivity["loss"] == form]),
            "bound": bounds.end.get(form),
        }
        for form in LOSS_NAMES
        if (grid["loss"] == form).any()
    ]
    return {
        "sentences": [
            *(divergence_sentence(row) for row in rows),
            *bound_sentences(bounds),
        ],
        "rows": rows,
        "start": bounds.start,
        "across": bounds.across,
        **for_screens(lambda width: edge_figure(shares, accuracies, bounds, width)),
        "finding": _finding(rows),
        "settings": _settings(grid),
    }


def _finding(rows: Sequence[Mapping[str, Any]]) -> str:
    """From which learning rate on a form of the loss loses every run, and which form loses none."""
    lost = [row for row in rows if row["lost_from"] is not None]
    safe = [row for row in rows if row["breaks"] is None]
    if not lost:
        return "No form of the loss loses every run at any rate."
    first = min(lost, key=lambda row: row["lost_from"])
    said = f"From learning rate {first['lost_from']:g} on, the {form_name(first['loss'])} loses every run"
    return f"{said}; the {form_name(safe[-1]['loss'])} loses none." if safe else f"{said}."


def _bounds(evidence: Evidence, grid: pd.DataFrame, best: dict[str, float]) -> Bounds:
    """The curvature bounds, or why there are none."""
    if not evidence.study.artifacts:
        return Bounds(missing="tables hold no parameters")
    try:
        images = evidence.images(grid["data.name"].iloc[0])
        return curvature_bounds(grid, best, images, evidence.study.uri)
    except InputError as error:
        return Bounds(missing=str(error))


def _divergence(shares: pd.DataFrame) -> dict[str, Any]:
    """One form's grid, and where on it runs diverge.

    `breaks` is the row of the lowest learning rate at which a run diverged, `lost_from` the
    learning rate from which on none survived, `spared` those above `breaks` at which none
    diverged; None and empty where there is none.
    """
    broken, alive = shares[shares["diverged"] > 0], shares[shares["diverged"] < shares["runs"]]
    lost = shares[shares["lr"] > alive["lr"].max()] if len(alive) else shares
    breaks = broken.iloc[0].to_dict() if len(broken) else None
    spared = (
        shares[(shares["diverged"] == 0) & (shares["lr"] > breaks["lr"])] if breaks else lost[:0]
    )
    return {
        "rates": len(shares),
        "first": shares["lr"].iloc[0],
        "last": shares["lr"].iloc[-1],
        "runs": int(shares["runs"].sum()),
        "diverged": int(shares["diverged"].sum()),
        "breaks": breaks,
        "spared": spared["lr"].tolist(),
        "lost_from": lost["lr"].iloc[0] if len(lost) else None,
    }


def _at_best(accuracies: pd.DataFrame, best: float | None) -> dict[str, Any]:
    """One form's best learning rate, the mean accuracy there and how many runs survived."""
    if best is None:
        return {"best": None}
    (row,) = accuracies[accuracies["lr"] == best].to_dict("records")
    return {"best": best, "accuracy": row["mean_of_all"], "survivors": row["survivors"]}


def _sensitivity(table: pd.DataFrame) -> dict[str, Any]:
    """Median, smallest and largest over one form's seeds; None where no seed has one."""
    return {
        name: (values.median(), values.min(), values.max()) if len(values) else None
        for name in ("sensitivity", "sensitivity_common")
        for values in [table[name].dropna()]
    }


def _settings(grid: pd.DataFrame) -> dict[str, Any]:
    """What all runs of the grid share, and how many seeds there are."""
    orders = grid["order_seed"].unique()
    return {
        **{key: grid[key].iloc[0] for key in DESIGN},
        "order_seed": orders[0] if len(orders) == 1 else "that of the parameters",
        "seeds": grid["seed"].nunique(),
    }


EDGE = Section(
    name="edge",
    make=_make,
    figure="""\
{% from "macros.md.j2" import bullets, figure %}
### Where is the edge?

{{ bullets(section.sentences) }}

{% call figure("edge", section.number, "Share of diverged runs, test accuracy and curvature bound against learning rate, on a logarithmic axis, a line for each form of the loss") %}
**{{ section.finding }}** Follow a line from the left until it jumps: that is the form's edge. Top: share of runs that died, with its 95 % interval. Below: median test accuracy of the survivors with their range; dotted, the mean of all runs. {% if section.start %}The curvature bound, 2 / (largest eigenvalue of the training loss's Hessian), stands upright: a grey band over untrained models of up to three seeds, a line for each form after training at the learning rate of its highest mean. {% endif %}{% if section.across %}Bottom: the bound after training at each learning rate, for one seed. Where it lies on the grey line, training moved to where the loss is so flat that the learning rate is just stable, as Cohen et al. 2021 (arXiv 2103.00065) found for neural networks. {% endif %}The loss is not quadratic, so crossing the bound need not break a run; what breaks runs is the form of the loss.
{% endcall %}
""",
    tables="""\
#### The edge in numbers

| loss | diverged | highest mean at learning rate | mean test accuracy there, of all runs | lowest test loss at learning rate | sensitivity, median (range) | sensitivity to the best of all forms | curvature bound after training |
|---|---:|---:|---:|---:|---:|---:|---:|
{% for row in section.rows %}
| {{ form_name(row.loss) }} | {{ row.diverged }} of {{ row.runs }} | {% if row.best is none %}– | – | –{% else %}{{ row.best | plain }} | {{ row.accuracy | figure }} | {{ row.best_by_loss | plain }}{% endif %} |{% for name in ("sensitivity", "sensitivity_common") %} {% if row[name] %}{{ row[name][0] | figure(2) }} ({{ row[name][1] | figure(2) }} to {{ row[name][2] | figure(2) }}){% else %}–{% endif %} |{% endfor %} {% if row.bound %}{{ row.bound[0] | figure(2) }} to {{ row.bound[1] | figure(2) }}{% else %}–{% endif %} |
{% endfor %}

> Learning-rate sensitivity after Wortsman et al. 2023 (arXiv 2309.14322): the mean over the grid of min(final test loss, untrained test loss) − best test loss, seed by seed; a run that diverged counts as untrained. The best is that of the same form and seed, or of all forms with that seed, which compares forms that break before their best. All runs: {% for key, value in section.settings.items() %}{{ key }} {{ value | plain }}{{ ", " if not loop.last }}{% endfor %}.
""",
)
