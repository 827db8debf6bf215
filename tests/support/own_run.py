"""Runs from the article's own parameters by hand: what the preset `article` trains."""

import numpy as np
import pandas as pd
from support.hand_made import article_run

from analysis.reading import EPOCH_METRICS

PRINTED = np.array([3.725043, 1.965692, 1.630362, 1.450728, 1.329035])
"""The article's losses at learning rate 0.1."""

WHOLE = {"data.train_limit": 60_000, "data.test_limit": 10_000}
OWN = {"draws": "macos", "division": "python2", **WHOLE}


def own_runs(survivors, *, away=0.003, jitter=0.001, others=()):
    """Runs and epochs: ten orders of seeds 2 and 1, and other seeds that are `others` away.

    At 0.1 `survivors` of the ten orders of seed 2 end with losses that are `away` from the
    printed ones, give or take `jitter`; all else dies: seed 1 at its first update, of no image
    that is known, seed 2 after ten, of images 7 (orders up to 8), 8 and 9
    """
    rng = np.random.default_rng(1)
    runs, epochs = [], []
    for seed in (2, 1):
        for lr in (0.1, 1.0, 0.01):
            for order in range(1, 11):
                alive = (seed, lr) == (2, 0.1) and order <= survivors
                update = None if alive else 10 if seed == 2 else 1
                one = article_run("pick_log", lr, seed, order_seed=order, update=update, **OWN)
                image = max(7, order - 1) if seed == 2 and lr == 0.1 else np.nan
                runs.append({**one, "divergence_example": np.nan if alive else image})
                epochs += epochs_of(one, PRINTED * (1 + away + jitter * rng.normal()))
    for number, far in enumerate(others, start=3):
        one = article_run("pick_log", 0.1, number, order_seed=number, **WHOLE)
        runs.append({**one, "divergence_example": np.nan})
        epochs += epochs_of(one, PRINTED * (1 + far))
    frame = pd.DataFrame(runs)
    frame["run_id"] += frame["draws"]
    return frame, pd.DataFrame(epochs)


def epochs_of(run, losses):
    rows = [{"epoch": 0}]
    if run["outcome"] != "diverged":
        rows += [
            {"epoch": epoch, "train_loss_batch_mean": loss}
            for epoch, loss in enumerate(losses, start=1)
        ]
    run_id = run["run_id"] + run["draws"]
    return [{**dict.fromkeys(EPOCH_METRICS, 0.5), **row, "run_id": run_id} for row in rows]
