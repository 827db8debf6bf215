"""The article's own run: its printed losses beside those of the parameters that it drew.

The article ran on a Mac, and its check of softmax shows which parameters its seed drew there (see
`runner.draws`). Training from them, only the order of the examples and the data are unknown.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.printed.article import ARTICLE
from analysis.printed.published import load_published
from analysis.statistics import FEWEST, Floats, each_seed_once, matching, wilson
from runner.data import FASHION_MNIST, FASHION_MNIST_2017_08_26, DataSet, data_set_of

OWN_SEED, WARNED_SEED = 2, 1
"""The seeds of the article's table and of its warning, that with it the loss was always nan."""

LEARNED = 0.1
"""The learning rate of the printed row that was trained from these parameters."""

OTHER_ROWS = (
    "The rows of learning rates 1 and 0.01 started from parameters drawn later, which were not "
    "found. So they are compared with the distribution over seeds only."
)

PROGRAM = {**ARTICLE, "draws": "macos", "division": "python2", "loss": "pick_log"}
"""The article's settings beside learning rate and seeds, as its program ran them."""

ARTICLE_EPOCHS = 5

LOSS = "train_loss_batch_mean"


@dataclass(frozen=True, eq=False)
class Band:
    """Losses (n, 5) of the runs from the article's parameters, an order each; the printed (5,).

    `others` (m, 5) are those of other seeds. All at one learning rate, of runs that survived.
    """

    printed: Floats
    losses: Floats
    others: Floats

    @property
    def mean(self) -> Floats:
        mean: Floats = self.losses.mean(axis=0)
        return mean

    @property
    def std(self) -> Floats:
        std: Floats = self.losses.std(axis=0, ddof=1)
        return std

    @property
    def deviations(self) -> Floats:
        """How many standard deviations between orders each printed loss lies from the mean."""
        deviations: Floats = (self.printed - self.mean) / self.std
        return deviations

    @cached_property
    def as_far(self) -> int:
        """The orders that lie as far from the mean of the others as the printed row from ours."""
        count = 0
        for place, losses in enumerate(self.losses):
            rest = np.delete(self.losses, place, axis=0)
            own = np.abs(losses - rest.mean(axis=0)) / rest.std(axis=0, ddof=1)
            count += own.max() >= np.abs(self.deviations).max()
        return count

    def distances(self, losses: Floats) -> Floats:
        """The largest relative difference from the printed losses, of each row (n, 5); (n,)."""
        largest: Floats = np.abs(losses / self.printed - 1).max(axis=1)
        return largest


@dataclass(frozen=True)
class Deaths:
    """How often the article's parameters of a seed were lost at a learning rate, by order.

    `low` and `high` are the 95 % interval of the share, `updates` those completed before the
    first loss that was not finite, `images` the training images they died of, where known.
    """

    seed: int
    lr: float
    orders: int
    died: int
    low: float
    high: float
    updates: tuple[int, ...]
    images: tuple[int, ...]

    @property
    def at_once(self) -> bool:
        """Whether every order died at its first update."""
        return self.died == self.orders and max(self.updates) <= 1


@dataclass(frozen=True, eq=False)
class OwnRun:
    """What runs from the article's own parameters say; `band` is None with too few survivors.

    `data` is the data set that they were trained on.
    """

    data: DataSet
    band: Band | None
    deaths: tuple[Deaths, ...]

    def died(self, seed: int, lr: float) -> Deaths | None:
        """The deaths of one seed at one learning rate; None where there are no runs."""
        return next((one for one in self.deaths if (one.seed, one.lr) == (seed, lr)), None)


def own_orders(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs from the article's parameters, on its upload of the data where there are any."""
    ours = _of_program(runs, FASHION_MNIST_2017_08_26)
    return _of_program(runs, FASHION_MNIST) if ours.empty else ours


def own_run(runs: pd.DataFrame, epochs: pd.DataFrame) -> OwnRun | None:
    """What `own_orders` say; None where nothing was trained from these parameters.

    `runs` and `epochs` are the frames of `load_runs`.
    """
    ours = own_orders(runs)
    if ours.empty:
        return None
    data_set = data_set_of(ours["data.name"].iloc[0], None)
    losses = _losses(matching(ours, {"lr": LEARNED, "seed": OWN_SEED}), epochs)
    usual = {**ARTICLE, **_whole(FASHION_MNIST), "loss": PROGRAM["loss"], "lr": LEARNED}
    others = each_seed_once(matching(runs, usual), ignoring=("on_divergence",))
    band = Band(_printed(), losses, _losses(others, epochs)) if len(losses) >= FEWEST else None
    deaths = [_deaths(group) for _, group in ours.groupby(["seed", "lr"])]
    return OwnRun(data_set, band, tuple(deaths))


def _of_program(runs: pd.DataFrame, data_set: DataSet) -> pd.DataFrame:
    ours = matching(runs, {**PROGRAM, **_whole(data_set), "data.name": data_set.name})
    ours = ours[ours["seed"].isin((OWN_SEED, WARNED_SEED))]
    return ours.drop_duplicates(["lr", "seed", "order_seed"])  # but for on_divergence


def _whole(data_set: DataSet) -> dict[str, int]:
    return {f"data.{split}_limit": count for split, count in data_set.examples.items()}


def _printed() -> Floats:
    row = next(
        one for one in load_published() if one.source == "article" and one.lr == LEARNED
    )  # fmt: skip
    return np.array([figure.value for figure in row.figures if figure.metric == LOSS])


def _losses(runs: pd.DataFrame, epochs: pd.DataFrame) -> Floats:
    """The loss of each trained epoch (n, 5) of the runs that survived."""
    alive = runs.loc[runs["outcome"] != "diverged", "run_id"]
    trained = epochs[epochs["run_id"].isin(alive) & (epochs["epoch"] > 0)]
    table = trained.pivot(index="run_id", columns="epoch", values=LOSS)
    return table.reindex(columns=range(1, ARTICLE_EPOCHS + 1)).to_numpy(float)


def _deaths(group: pd.DataFrame) -> Deaths:
    lost = group[group["outcome"] == "diverged"]
    low, high = wilson(len(lost), len(group))
    first = group.iloc[0]
    return Deaths(
        seed=int(first["seed"]),
        lr=float(first["lr"]),
        orders=len(group),
        died=len(lost),
        low=low,
        high=high,
        updates=tuple(sorted(lost["diverged_update"].astype(int))),
        images=tuple(lost["divergence_example"].dropna().astype(int)),
    )
