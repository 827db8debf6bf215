"""What the learning rate does to the runs of a grid: divergence, accuracy, sensitivity.

Pure functions of the frames that `analysis.reading.runs.load_runs` gives. A grid holds one run per
loss form, learning rate and seed.
"""

import pandas as pd

from analysis.statistics import counted, untrained, wilson

BY = ["loss", "lr"]


def divergence_shares(runs: pd.DataFrame) -> pd.DataFrame:
    """How many runs diverged, per loss form and learning rate.

    Columns: `loss`, `lr`, `runs`, `diverged` (numbers of runs), `share`, and `low` and `high`,
    its 95 % Wilson interval.
    """
    shares = (
        (runs["outcome"] == "diverged")
        .groupby([runs[key] for key in BY])
        .agg(runs="size", diverged="sum", share="mean")
        .reset_index()
    )
    limits = [wilson(count, n) for count, n in zip(shares["diverged"], shares["runs"], strict=True)]
    return shares.assign(low=[low for low, _ in limits], high=[high for _, high in limits])


def final_figures(runs: pd.DataFrame, epochs: pd.DataFrame, metric: str) -> pd.DataFrame:
    """A test metric after the last epoch, per loss form and learning rate.

    Columns: `loss`, `lr`, `survivors` (number of runs that did not diverge), `median`, `min`
    and `max` over the survivors (nan where there is none), and `mean_of_all`, the mean over all
    runs where one that diverged counts as its untrained model.
    """
    both = runs[BY].assign(final=_survived(runs, metric), counted=counted(runs, epochs, metric))
    groups = both.groupby(BY)
    figures = groups["final"].agg(["count", "median", "min", "max"])
    figures["mean_of_all"] = groups["counted"].mean()
    return figures.rename(columns={"count": "survivors"}).reset_index()


def best_rates(figures: pd.DataFrame, *, lowest: bool = False) -> dict[str, float]:
    """The learning rate of the best `mean_of_all` of `final_figures`, by loss form.

    The best is the highest, or the lowest for a loss. A mean over survivors would prefer a rate
    that one lucky run survived. Of equals the lowest rate; a form of which no run survived has
    none.
    """
    alive = figures[figures["survivors"] > 0]
    means = alive.groupby("loss")["mean_of_all"]
    rows = alive.loc[means.idxmin() if lowest else means.idxmax()]
    return dict(zip(rows["loss"], rows["lr"], strict=True))


def sensitivities(runs: pd.DataFrame, epochs: pd.DataFrame) -> pd.DataFrame:
    """Learning-rate sensitivity, per loss form and seed.

    After Wortsman et al. 2023 (arXiv 2309.14322, section 2.2): the mean over the grid's
    learning rates of min(final loss, loss of the untrained model) - best loss. The loss is the
    pooled `test_loss`, which is always computed by log-softmax, so that forms compare. The mean
    stands for the paper's over log-uniform rates where the grid is evenly spaced on that axis.

    A run that diverged counts with the loss of its untrained model, which the minimum would
    give for an infinite final loss. The best loss is taken over the runs that did not diverge.

    Columns: `loss`, `seed`, `rates` and `survivors` (numbers of runs), `sensitivity` with the
    best loss of the same form, as in the paper, and `sensitivity_common` with the best loss that
    any form reached with this seed. A form that dies before its best falls short of less in the
    first, and of all in the second. Each is nan where the runs of its best loss all diverged.
    """
    final = _survived(runs, "test_loss")
    at_most = untrained(runs, epochs, "test_loss")
    loss = counted(runs, epochs, "test_loss").clip(upper=at_most)
    table = pd.DataFrame({"loss": runs["loss"], "seed": runs["seed"], "counted": loss})
    table["reached"] = loss.where(final.notna())
    groups = table.groupby(["loss", "seed"])
    figures = groups["counted"].agg(rates="size", mean="mean")
    figures["survivors"] = groups["reached"].count()
    best = groups["reached"].min()
    figures["sensitivity"] = figures["mean"] - best
    figures["sensitivity_common"] = figures["mean"] - best.groupby("seed").transform("min")
    columns = ["loss", "seed", "rates", "survivors", "sensitivity", "sensitivity_common"]
    return figures.reset_index()[columns]


def _survived(runs: pd.DataFrame, metric: str) -> "pd.Series[float]":
    """A metric of the last epoch; nan for a run that diverged."""
    return runs[metric].where(runs["outcome"] != "diverged")
