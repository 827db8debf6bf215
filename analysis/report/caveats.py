"""What a study's verdicts do not say; every number is computed."""

import pandas as pd

from analysis.formatting import plain
from analysis.report.verdicts.core import at_commonest
from analysis.sections import form_name
from analysis.statistics import FEWEST, each_seed_once, group_keys, matching
from runner.process import plural

STILL_RISING = 0.01
"""What the median test accuracy gains in the last epoch where training is not over."""


def caveats(summary: pd.DataFrame, runs: pd.DataFrame, epochs: pd.DataFrame) -> list[str]:
    """Few survivors, training that is not over.

    `summary` is what `statistics.summarise` makes of `runs` and `epochs`, the frames of
    `load_runs`.
    """
    said = []
    few = (summary["runs"] - summary["diverged"]).between(1, FEWEST - 1).sum()
    if few:
        said.append(
            f"{few} of {len(summary)} {plural(len(summary), 'setting')} "
            f"{'has' if few == 1 else 'have'} 1 to {FEWEST - 1} survivors, too few for an "
            "interval."
        )
    return said + _unfinished_training(at_commonest(summary), runs, epochs)


def _unfinished_training(core: pd.DataFrame, runs: pd.DataFrame, epochs: pd.DataFrame) -> list[str]:
    """Where the last epoch still gained: the ranking is one after so many epochs."""
    if core["lr"].nunique() == 1:
        return []
    once = each_seed_once(runs)
    gains = []
    for row in core.to_dict("records"):
        group = matching(once, {key: row[key] for key in group_keys(runs)})
        alive = group.loc[group["outcome"] != "diverged", "run_id"]
        curve = epochs[epochs["run_id"].isin(alive)].groupby("epoch")["test_acc"].median()
        if len(curve) > 1:
            gains.append((curve.iloc[-1] - curve.iloc[-2], row, int(curve.index[-1])))
    rising = [one for one in gains if one[0] > STILL_RISING]
    if not rising:
        return []
    gain, row, last = max(rising, key=lambda one: one[0])
    return [
        f"Training was not over. The {form_name(row['loss'])} at {plain(row['lr'])} still gained "
        f"{gain:.3f} in epoch {last}, so longer training may rank the learning rates differently."
    ]
