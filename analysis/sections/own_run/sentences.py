"""What the article's own run says, in words; every number is computed."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.formatting import figure, plain
from analysis.printed import (
    ARTICLE,
    LEARNED,
    OTHER_ROWS,
    OWN_SEED,
    RATES,
    WARNED_SEED,
    Band,
    OwnRun,
)
from analysis.sections.own_run.risk import Places
from analysis.statistics import matching
from runner.data import FASHION_MNIST, DataSet
from runner.draws import LINUX, MACOS, Library

Risk = Mapping[tuple[Library, int], Places]


def sentences(found: OwnRun, risk: Risk | None, runs: pd.DataFrame) -> list[str]:
    """How near the printed row is, how often its model dies and of what, and the warning.

    `risk` is that of `images_at_risk`, None without images; `runs` are all of the study.
    """
    said = [
        "The article ran on a Mac, where MXNet draws other random numbers than on Linux. After seed "
        f"{OWN_SEED} they are those of the article's check of softmax. So its starting weights are "
        "known; only the order of the examples and the data are not."
    ]
    if found.band is not None:
        said += [_nearness(found.band), _excess(found.band, found.data)]
    else:
        said.append(f"Too few orders survived learning rate {LEARNED} to compare its row with.")
    said += [_deaths(found, risk), *_warning(found, risk), *_on_linux(risk, runs)]
    return [*(one for one in said if one), OTHER_ROWS]


def _nearness(band: Band) -> str:
    own, others = band.distances(band.losses), band.distances(band.others)
    said = (
        f"In each of the {len(own)} orders that survive learning rate {LEARNED}, these weights lead "
        f"to within {_percent(own.max())} of the printed losses."
    )
    if not len(others):
        return said
    said += f" The nearest of {len(others)} other seeds is {_percent(others.min())} away."
    return f"{said} This is the model that printed the row." if own.max() < others.min() else said


def _excess(band: Band, data_set: DataSet) -> str:
    largest = np.abs(band.deviations)
    epoch = int(largest.argmax()) + 1
    said = (
        f"The difference that remains reaches {figure(largest.max(), 1)} standard deviations "
        f"between orders, in epoch {epoch}. Of {len(band.losses)} orders {band.as_far or 'none'} "
        f"{'lie' if band.as_far > 1 else 'lies'} as far from the others."
    )
    if band.as_far > 0.05 * len(band.losses):
        return f"{said} The order alone may explain it."
    said += " So the order alone does not explain it."
    if data_set is FASHION_MNIST:
        said += (
            " The data could: the article had the upload of 26 August 2017, in another order and "
            "with 43 duplicates among the training images. That is untested, because its images "
            "were not available."
        )
    return said


def _deaths(found: OwnRun, risk: Risk | None) -> str:
    rows = [one for lr in RATES if (one := found.died(OWN_SEED, lr))]
    if not rows:
        return ""
    shown = found.died(OWN_SEED, LEARNED) or rows[0]
    said = (
        f"The order decides whether this model survives: at learning rate {plain(shown.lr)} it died "
        f"in {shown.died} of {shown.orders} orders."
    )
    if risk is None:
        return said
    doomed = risk[MACOS, OWN_SEED]
    images = Counter(image for one in rows for image in one.images)
    of_these = Counter({image: n for image, n in images.items() if image in set(doomed)})
    return (
        f"{said} Before the first update {len(doomed)} of the training images have no finite "
        f"gradient. One of these was fatal in {_count(of_these.total(), images.total())} deaths, "
        "over all rates."
    )


def _count(some: int, total: int) -> str:
    return f"all {total}" if some == total else f"{some} of {total}"


def _warning(found: OwnRun, risk: Risk | None) -> list[str]:
    rows = [one for lr in RATES if (one := found.died(WARNED_SEED, lr))]
    if not rows:
        return []
    count = f" has {len(risk[MACOS, WARNED_SEED]):,} such images. It" if risk else ""
    rates = f"each of {len(rows)} learning rates" if len(rows) > 1 else plain(rows[0].lr)
    if not all(one.at_once for one in rows):
        lost, orders = sum(one.died for one in rows), sum(one.orders for one in rows)
        return [f"Seed {WARNED_SEED}{count} died in {lost} of {orders} runs."]
    orders = max(one.orders for one in rows)
    return [
        f"Seed {WARNED_SEED}{count} died at its first update in all {orders} orders, at {rates}. So "
        f"the article's warning is right to the word: with seed {WARNED_SEED} the loss was always "
        f"nan, with seed {OWN_SEED} sometimes."
    ]


def _on_linux(risk: Risk | None, runs: pd.DataFrame) -> list[str]:
    """Why the warning cannot be seen there."""
    if risk is None:
        return []
    own, warned = (len(risk[LINUX, seed]) for seed in (OWN_SEED, WARNED_SEED))
    said = (
        "On Linux this cannot be seen, because its seeds draw other weights. There "
        f"seed {WARNED_SEED} has {warned or 'no'} such images. Seed {OWN_SEED} has {own or 'none'}"
    )
    settings = {**ARTICLE, "loss": "pick_log", "lr": LEARNED, "seed": WARNED_SEED}
    there = matching(runs, settings).drop_duplicates("order_seed")
    if there.empty:
        return [f"{said}."]
    alive = int((there["outcome"] != "diverged").sum())
    return [
        f"{said}. At learning rate {LEARNED} seed {WARNED_SEED} survived in "
        f"{_count(alive, len(there))} orders."
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %" if share < 0.01 else f"{100 * share:.1f} %"
