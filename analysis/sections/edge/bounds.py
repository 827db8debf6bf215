"""The curvature bound on the learning rate, of the models of a grid.

A step on the mean loss is as long as the learning rate, since a step on the sum over a batch
is learning rate / batch size. On a quadratic, it overshoots ever farther above 2 / (largest
eigenvalue of the Hessian). The loss here is convex but not quadratic, and the steps are on
batches: the bound is a guide, not a threshold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cache import Arrays, cached
from analysis.figures import spread
from analysis.reading import load_parameters
from analysis.sections.edge.curvature import largest_eigenvalues
from analysis.sections.evidence import Images

Range = tuple[float, float]
"""The smallest and the largest of several values."""

SEEDS_OF_A_RANGE = 3
"""Seeds whose models make a range: an eigenvalue takes a third of a second or more."""

RATES_ACROSS = 13
"""Learning rates of the path across the grid."""

TOGETHER, MOST_PROBABILITIES = 16, 16 * 600_000
"""Models whose eigenvalues are computed together, and their probabilities: 40 MB an array."""


@dataclass(frozen=True)
class AcrossRates:
    """The bound after training, by learning rate, of one seed of one loss form."""

    form: str
    seed: int
    bounds: Mapping[float, float]


@dataclass(frozen=True)
class Bounds:
    """2 / (largest eigenvalue of the training loss's Hessian), in ranges over models.

    `start`: the untrained models of the grid's first three seeds. `end`, by loss form: the first
    three survivors of the form's best learning rate, after training. `across`: survivors of the
    form and seed with most of them, at up to 13 learning rates. `missing` says why, where
    `start` is None.
    """

    start: Range | None = None
    end: Mapping[str, Range] = field(default_factory=dict)
    across: AcrossRates | None = None
    missing: str = ""


def curvature_bounds(
    grid: pd.DataFrame, best: Mapping[str, float], data: Images, uri: str | None
) -> Bounds:
    """The bounds of a grid's models, over the training images that the grid's runs saw.

    `grid` as from `learning_rate_grid`, `best` the best learning rate by loss form,
    `data` the grid's data set with all its examples, `uri` the MLflow store.

    Raises `InputError` where the store lacks the parameters of a run.
    """
    survivors = grid[grid["outcome"] != "diverged"]
    ends = {
        form: survivors[(survivors["loss"] == form) & (survivors["lr"] == rate)]["run_id"].head(
            SEEDS_OF_A_RANGE
        )
        for form, rate in best.items()
    }
    path = _most_survivors(survivors)
    shape = data.data_set.weights_shape
    runs = {
        run: load_parameters(run, uri, shape) for run in pd.concat([path["run_id"], *ends.values()])
    }
    first = grid.drop_duplicates("seed")["run_id"].head(SEEDS_OF_A_RANGE)
    untrained = [load_parameters(run, uri, shape) for run in first]
    count = int(grid["data.train_limit"].iloc[0])
    images = data.train.first(count).images.reshape(count, -1)
    start = _bounds(images, [(run.W0, run.b0) for run in untrained])
    after = dict(zip(runs, _bounds(images, [(run.W, run.b) for run in runs.values()]), strict=True))
    ranges = {form: _range(after[run] for run in ids) for form, ids in ends.items()}
    return Bounds(
        start=_range(start),
        end={form: values for form, values in ranges.items() if values},
        across=_across(path, after),
        missing="the power iteration found no eigenvalue",
    )


def _across(path: pd.DataFrame, after: Mapping[str, float]) -> AcrossRates | None:
    found = {
        lr: after[run]
        for lr, run in zip(path["lr"], path["run_id"], strict=True)
        if np.isfinite(after[run])
    }
    return AcrossRates(path["loss"].iloc[0], int(path["seed"].iloc[0]), found) if found else None


def _range(values: Iterable[float]) -> Range | None:
    """The range of those that were found."""
    found = [value for value in values if np.isfinite(value)]
    return (min(found), max(found)) if found else None


def _most_survivors(survivors: pd.DataFrame) -> pd.DataFrame:
    """Survivors of one form and seed, by learning rate; of equals, the lowest seed."""
    counts = survivors.groupby(["seed", "loss"])["lr"].transform("size")
    order = survivors.assign(counts=-counts).sort_values(["counts", "seed", "loss", "lr"])
    first = order.iloc[:1]
    path = order.merge(first[["seed", "loss"]])
    return path[path["lr"].isin(spread(path["lr"].tolist(), RATES_ACROSS))]


def _bounds(images: npt.NDArray[np.float32], models: Sequence[tuple[Any, Any]]) -> list[float]:
    """2 / (largest eigenvalue) of each model W, b; nan where it was not found."""
    classes = len(models[0][1])
    together = max(1, min(TOGETHER, MOST_PROBABILITIES // (len(images) * classes)))

    def computed() -> Arrays:
        generator = np.random.default_rng(0)
        eigenvalues: list[float] = []
        for start in range(0, len(models), together):
            W, b = zip(*models[start : start + together], strict=True)
            eigenvalues += largest_eigenvalues(
                images, np.stack(W, axis=1), np.stack(b), generator
            ).tolist()
        return {"eigenvalues": np.array(eigenvalues)}

    parameters = [array for model in models for array in model]
    found = cached(computed, [images, together, *parameters], [largest_eigenvalues])
    return [2 / value if value > 0 else np.nan for value in found["eigenvalues"].tolist()]
