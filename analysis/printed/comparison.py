"""The printed figures put beside ours: is a printed training one that our program could print?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.printed.published import Figure, PrintedSequence
from analysis.statistics import Floats, each_seed_once, matching, percentile_of, prediction_interval
from runner.data import FASHION_MNIST

ENOUGH = 60
"""Runs, and orders of the examples among them, that a verdict needs. (An interval needs 39.)"""

LEVEL = 0.05
"""The chance of calling any consistent sequence not consistent, over all of them."""


SINGULAR = 1e-9
"""Directions in which the figures spread less than this share of the largest are copies."""

OUTSIDE = 1e-6
"""Standard deviations that rounding may put a point outside the space of a sample."""


@dataclass(frozen=True)
class FigureCheck:
    """One printed figure in the distribution of ours, rounded to its decimals.

    `low` and `high` are the 95 % prediction interval, None where there are fewer than 39 runs.
    """

    figure: Figure
    median: float
    low: float | None
    high: float | None
    percentile: float

    @property
    def inside(self) -> bool | None:
        """Whether the printed value lies in the prediction interval."""
        if self.low is None or self.high is None:
            return None
        return self.low <= self.figure.value <= self.high


@dataclass(frozen=True)
class Comparison:
    """A printed sequence beside `runs` of ours with its settings, `alive` at its last step.

    The printed run had initial parameters and an order of its own, so ours must vary both:
    `orders` is the number of different orders among those alive.

    `p_value` is the joint test's (`joint_p_value`), `p_holm` the same after Holm's correction
    over all sequences, `rank_p_value` the test's without an assumption on the distribution;
    None where fewer than 60 runs, or runs in fewer than 60 orders, are alive. `own_rejected`
    is the share of these runs that the joint test rejects at 5 % when each is tested against
    the others: how well its assumption of a normal distribution holds. `lost` runs had
    diverged by the step at which the printed loss is nan (0 where it never is).
    """

    printed: PrintedSequence
    runs: int
    alive: int
    orders: int
    lost: int
    checks: tuple[FigureCheck, ...]
    p_value: float | None = None
    rank_p_value: float | None = None
    own_rejected: float | None = None
    p_holm: float | None = None

    @property
    def verdict(self) -> str:
        """`consistent`, `not consistent`, `too few runs` or `too few orders`."""
        if self.p_holm is None:
            return "too few runs" if self.alive < ENOUGH else "too few orders"
        return "not consistent" if self.p_holm < LEVEL else "consistent"


def compare(
    printed: Sequence[PrintedSequence], runs: pd.DataFrame, epochs: pd.DataFrame
) -> list[Comparison]:
    """Compare each printed sequence with the runs that have its settings, each seed once.

    `runs` and `epochs` are the frames of `load_runs`. A sequence without such runs is left out.
    """
    found = [_compare(one, runs, epochs) for one in printed]
    compared = [one for one in found if one is not None]
    tested = [one for one in compared if one.p_value is not None]
    if tested:
        _, corrected, *_ = multipletests([one.p_value for one in tested], LEVEL, method="holm")
        p_holm = dict(zip((one.printed for one in tested), map(float, corrected), strict=True))
        compared = [replace(one, p_holm=p_holm.get(one.printed)) for one in compared]
    return compared


def _compare(
    printed: PrintedSequence, runs: pd.DataFrame, epochs: pd.DataFrame
) -> Comparison | None:
    whole = {f"data.{split}_limit": count for split, count in FASHION_MNIST.examples.items()}
    last = max(printed.steps)
    ours = matching(runs, {**printed.settings, **whole})
    ours = each_seed_once(ours[ours["epochs"] >= last], ignoring=("on_divergence",))
    if ours.empty:
        return None
    table = epochs[epochs["run_id"].isin(ours["run_id"])].pivot(index="run_id", columns="epoch")
    wanted = table.reindex(columns=[(one.metric, one.step) for one in printed.figures])
    columns = [
        np.round(wanted.iloc[:, place].to_numpy(float), figure.decimals)
        for place, figure in enumerate(printed.figures)
    ]
    values = np.column_stack(columns)
    finite = np.isfinite(values).all(axis=1)
    values = values[finite]
    alive = ours[ours["run_id"].isin(wanted.index[finite])]
    compared = Comparison(
        printed=printed,
        runs=len(ours),
        alive=len(values),
        orders=alive["order_seed"].nunique(),
        lost=int((ours["diverged_epoch"] <= (printed.diverged_step or 0)).sum()),
        checks=tuple(
            _check(figure, column) for figure, column in zip(printed.figures, values.T, strict=True)
        )
        if len(values)
        else (),
    )
    if min(compared.alive, compared.orders) < ENOUGH:
        return compared
    losses = np.array(["loss" in figure.metric for figure in printed.figures])
    point = np.array([figure.value for figure in printed.figures])
    sample, point = (np.where(losses, np.log(array), array) for array in (values, point))
    return replace(
        compared,
        p_value=joint_p_value(sample, point),
        rank_p_value=rank_p_value(sample, point),
        own_rejected=own_rejected(sample),
    )


def _check(figure: Figure, values: Floats) -> FigureCheck:
    low, high = prediction_interval(values) or (None, None)
    return FigureCheck(
        figure, float(np.median(values)), low, high, percentile_of(values, figure.value)
    )


def joint_p_value(sample: Floats, point: Floats) -> float:
    """Whether `point` (k,) is one more draw of the normal distribution of `sample` (n, k).

    The k figures of a sequence are correlated (a run that starts badly is behind in every
    epoch), so they are not tested one by one: the squared Mahalanobis distance of the point,
    by the covariance of the sample, is compared with its distribution, (n + 1)(n - 1) r /
    (n (n - r)) F(r, n - r), where r is the rank of the covariance (figures that are copies
    of one another count once). A point outside the space that the sample spans has p = 0.

    Source: Hotelling 1931; the prediction form in Chew, *JASA* 61 (1966).
    """
    n = len(sample)
    rank, distances = _squared_distances(sample, point[None])
    statistic = float(distances[0]) * n * (n - rank) / ((n + 1) * (n - 1) * rank)
    return float(stats.f.sf(statistic, rank, n - rank))


def rank_p_value(sample: Floats, point: Floats) -> float:
    """The same question without normality: the rank of the point's distance among all n + 1.

    The covariance is that of all n + 1 points, so that under exchangeability every rank is
    equally likely; the smallest possible value is 1 / (n + 1).

    Source: conformal prediction (Vovk, Gammerman and Shafer 2005, section 2.2).
    """
    together = np.vstack([sample, point])
    _, distances = _squared_distances(together, together)
    return float((distances >= distances[-1] * (1 - 1e-9)).mean())


def own_rejected(sample: Floats) -> float:
    """The share of `sample` (n, k) that the joint test rejects at 5 %, each beside the others."""
    others = ~np.eye(len(sample), dtype=bool)
    rejected = [
        joint_p_value(sample[rest], point) < LEVEL
        for rest, point in zip(others, sample, strict=True)
    ]
    return float(np.mean(rejected))


def _squared_distances(sample: Floats, points: Floats) -> tuple[int, Floats]:
    """The rank of the covariance of `sample` (n, k) and the squared Mahalanobis distances.

    Distances (m,) of `points` (m, k) from the sample's mean; infinite for a point outside the
    space that the sample spans.
    """
    mean = sample.mean(axis=0)
    spread = sample.std(axis=0, ddof=1)
    scale = np.where(spread > 0, spread, 1.0)
    _, lengths, axes = np.linalg.svd((sample - mean) / scale, full_matrices=False)
    kept = lengths > SINGULAR * lengths[0]
    lengths, axes = lengths[kept], axes[kept]
    scaled = (points - mean) / scale
    along = scaled @ axes.T
    outside = np.abs(scaled - along @ axes).max(axis=1) > OUTSIDE
    squared = ((along / lengths) ** 2).sum(axis=1) * (len(sample) - 1)
    return len(lengths), np.where(outside, np.inf, squared)
