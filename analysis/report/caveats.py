"""What to beware of in a study's answer; every number is computed."""

import pandas as pd

from analysis.formatting import plain
from analysis.report.answer import at_commonest, by_loss
from analysis.report.best import RANKED
from analysis.sections import grid_end_warning
from analysis.statistics import FEWEST, each_seed_once, group_keys, matching
from runner.process import plural

STILL_RISING = 0.01
"""What the median test accuracy gains in the last epoch where training is not over."""


def warnings(summary: pd.DataFrame, runs: pd.DataFrame, epochs: pd.DataFrame) -> list[str]:
    """A best value at the end of its grid, few survivors, training that is not over.

    `summary` is what `statistics.summarise` makes of `runs` and `epochs`, the frames of
    `load_runs`.
    """
    core = at_commonest(summary)
    said = []
    for loss, rows in by_loss(core):
        rates = sorted(rows["lr"])
        learned = rows[rows["trained"] > 0]
        best = learned.loc[learned[RANKED].idxmax(), "lr"] if len(learned) else None
        if best is not None and len(rates) > 1 and best in (rates[0], rates[-1]):
            ends = {"loss": loss, "best": best, "first": rates[0], "last": rates[-1]}
            said.append(grid_end_warning(ends))
    few = core[(core["runs"] - core["diverged"]).between(1, FEWEST - 1)]
    if len(few):
        said.append(
            f"{len(few)} of {len(core)} {plural(len(core), 'setting')} "
            f"{'has' if len(few) == 1 else 'have'} 1 to {FEWEST - 1} survivors: they are shown "
            "as points, without an interval."
        )
    return said + _unfinished_training(core, runs, epochs)


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
        f"Training was not over: in the last of {last} epochs the median test accuracy still rose "
        f"by more than {STILL_RISING} at {len(rising)} of {len(gains)} "
        f"{plural(len(gains), 'setting')} with survivors, most ({gain:.3f}) at learning rate "
        f"{plain(row['lr'])} with {row['loss']}. Longer training may rank learning rates otherwise."
    ]
