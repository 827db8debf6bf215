"""Updates until divergence, as Kaplan-Meier curves: a run that finished is censored at its end."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.statistics.intervals import wilson


def updates_per_epoch(runs: pd.DataFrame) -> "pd.Series[int]":
    """Batches of an epoch of each run; the small last one counts."""
    return -(-runs["data.train_limit"] // runs["batch_size"])


def updates_reached(runs: pd.DataFrame) -> "pd.Series[float]":
    """Updates that each run completed while finite: until it diverged, else all of its epochs."""
    total = updates_per_epoch(runs) * runs["epochs"]
    return runs["diverged_update"].where(runs["outcome"] == "diverged", total)


def kaplan_meier(updates: npt.ArrayLike, diverged: npt.ArrayLike) -> pd.DataFrame:
    """The Kaplan-Meier curve of runs that `diverged` (n,) after `updates` (n,), or finished then.

    A step function: each row holds from its `update` to the next row's. It begins at 0, before
    any update, and ends with the last update that any run reached. `surviving` is the share of
    runs that are still finite, `low` and `high` its pointwise 95 % interval: Wilson's, with the
    effective number of runs that Greenwood's variance gives (n where all runs are equally
    long).

    Source: Kaplan and Meier 1958; Rothman 1978 (Journal of Chronic Diseases 31) for the interval.
    """
    reached = np.asarray(updates, np.float64)
    fit = SurvfuncRight(reached, np.asarray(diverged, np.int64))
    steps = np.concatenate([[0.0], fit.surv_times])
    surviving = np.concatenate([[1.0], fit.surv_prob])
    errors = np.concatenate([[0.0], fit.surv_prob_se])
    bounds, size = [], float(len(reached))
    for share, error in zip(surviving, errors, strict=True):
        if 0 < share < 1:  # else the variance is 0, and the size that of the step before
            size = share * (1 - share) / error**2
        bounds.append(wilson(share * size, size))
    curve = pd.DataFrame({"update": steps, "surviving": surviving})
    curve[["low", "high"]] = bounds
    end = float(np.max(reached))
    return curve if steps[-1] == end else pd.concat([curve, curve.tail(1).assign(update=end)])
