"""Where is the edge? The section of the report on a fine grid of learning rates."""

from typing import Any

import pandas as pd

from analysis.sections.edge.bounds import curvature_bounds
from analysis.sections.edge.figure import edge_figure
from analysis.sections.edge.grid import DESIGN, learning_rate_grid
from analysis.sections.edge.sensitivity import (
    best_rates,
    divergence_shares,
    final_figures,
    sensitivities,
)
from analysis.sections.edge.sentences import (
    of_best,
    of_bounds,
    of_divergence,
    of_grid_end,
    of_sensitivity,
)
from runner.configuration import LOSS_NAMES
from runner.data import Split


def edge_section(
    runs: pd.DataFrame, epochs: pd.DataFrame, train_split: Split | None, uri: str | None
) -> dict[str, Any] | None:
    """What the template needs; None where the runs hold no grid (see `learning_rate_grid`).

    `runs` and `epochs` as from `load_runs`, `train_split` all training examples, `uri` the
    MLflow store that has the runs' parameters. Where it lacks them, or the examples are None,
    there is no curvature bound, and the section says so.
    """
    grid = learning_rate_grid(runs)
    if grid is None:
        return None
    shares = divergence_shares(grid)
    accuracies = final_figures(grid, epochs, "test_acc")
    found = best_rates(accuracies)
    best = {form: found[form] for form in LOSS_NAMES if form in found}
    best_by_loss = best_rates(final_figures(grid, epochs, "test_loss"), lowest=True)
    bounds = curvature_bounds(grid, best, train_split, uri)
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
            *(of_divergence(row) for row in rows),
            *(of_best(row) for row in rows),
            of_sensitivity(rows),
            *of_bounds(bounds),
        ],
        "warnings": [
            of_grid_end(row) for row in rows if row["best"] in (row["first"], row["last"])
        ],
        "rows": rows,
        "start": bounds.start,
        "across": bounds.across,
        "picture": edge_figure(shares, accuracies, bounds),
        "settings": _settings(grid),
    }


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
