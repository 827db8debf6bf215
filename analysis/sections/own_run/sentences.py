"""What the article's own run says, in words; every number is computed."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.formatting import figure, percent, plain
from analysis.printed import (
    ARTICLE,
    LEARNED,
    OTHER_ROWS,
    OWN_SEED,
    RATES,
    WARNED_SEED,
    Band,
    Deaths,
    OwnRun,
)
from analysis.sections.own_run.risk import Places
from analysis.statistics import matching
from runner.data import FASHION_MNIST, DataSet
from runner.draws import LINUX, MACOS, Library
from runner.process import plural

Risk = Mapping[tuple[Library, int], Places]

NAMED = 3
"""Images that are named as the commonest killers."""


def sentences(found: OwnRun, risk: Risk | None, runs: pd.DataFrame) -> list[str]:
    """How near the printed row is, how often its model dies and of what, and the warning.

    `risk` is that of `images_at_risk`, None without images; `runs` are all of the study.
    """
    said = [
        "The article ran on a Mac. MXNet draws with the C++ library of its system, and after seed "
        f"{OWN_SEED} the Mac's gives the ten numbers of the article's check of softmax: so its "
        "initial parameters are known, and only the order of the examples and the data are not."
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
        f"Trained from them in the {len(own)} orders that survive learning rate {LEARNED}, the "
        f"losses are those printed to {_percent(own.min())} to {_percent(own.max())} (the largest "
        "difference of five epochs)"
    )
    if not len(others):
        return f"{said}."
    times = others.min() / np.median(own)
    return (
        f"{said}. The nearest of {len(others)} other seeds is {_percent(others.min())} away, "
        f"{times:.0f} times as far, and half of them {_percent(np.median(others))} or more: this is "
        "the model that printed the row."
    )


def _excess(band: Band, data_set: DataSet) -> str:
    largest = np.abs(band.deviations)
    epoch = int(largest.argmax()) + 1
    said = (
        f"What is left is {figure(largest.max(), 1)} standard deviations between orders in epoch "
        f"{epoch}; {band.as_far or 'none'} of {len(band.losses)} orders "
        f"{'lies' if band.as_far == 1 else 'lie'} as far from the others."
    )
    if band.as_far > 0.05 * len(band.losses):
        return f"{said} The order alone may explain it."
    said += " That is more than the order explains."
    if data_set is FASHION_MNIST:
        said += (
            " The data could: the article had the upload of 26 August 2017, in another order and "
            "with 43 duplicates among the training images. That is untried, because its images "
            "could not be had."
        )
    return said


def _deaths(found: OwnRun, risk: Risk | None) -> str:
    rows = [one for lr in RATES if (one := found.died(OWN_SEED, lr))]
    if not rows:
        return ""
    shares = "; ".join(
        f"at {plain(one.lr)}{' (a step of 0)' if one.lr == 1 else ''} in {one.died} of "
        f"{one.orders} ({percent(one.low)} to {percent(one.high)})"
        for one in rows
    )
    said = f"The order decides whether this model survives. Its loss became nan {shares}."
    if risk is None:
        return said
    doomed = risk[MACOS, OWN_SEED]
    images = Counter(image for one in rows for image in one.images)
    of_these = Counter({image: n for image, n in images.items() if image in set(doomed)})
    said += (
        f" Before the first update {len(doomed)} of the training images have a gradient that is "
        f"not finite; {of_these.total()} of {images.total()} deaths were of one of them"
    )
    if not of_these:
        return f"{said}."
    most = ", ".join(
        f"{image} ({n} {plural(n, 'time')})" for image, n in of_these.most_common(NAMED)
    )
    return f"{said}, {len(of_these)} different ones, most often of images {most}."


def _warning(found: OwnRun, risk: Risk | None) -> list[str]:
    rows = [one for lr in RATES if (one := found.died(WARNED_SEED, lr))]
    if not rows:
        return []
    count = f" has {len(risk[MACOS, WARNED_SEED]):,} such images and" if risk else ""
    rates = f"at {len(rows)} learning rates" if len(rows) > 1 else f"at {plain(rows[0].lr)}"
    if not all(one.at_once for one in rows):
        lost, orders = sum(one.died for one in rows), sum(one.orders for one in rows)
        return [f"Seed {WARNED_SEED}{count} died in {lost} of {orders} runs {rates}."]
    return [
        f"Seed {WARNED_SEED}{count} died at its first update in all of {_orders(rows)} {rates}. So "
        f"the article's warning is right to the word: with seed {WARNED_SEED} the loss was always "
        f"nan, with seed {OWN_SEED} sometimes."
    ]


def _orders(rows: list[Deaths]) -> str:
    return f"{max(one.orders for one in rows)} orders"


def _on_linux(risk: Risk | None, runs: pd.DataFrame) -> list[str]:
    """Why the warning cannot be seen there."""
    if risk is None:
        return []
    own, warned = (len(risk[LINUX, seed]) for seed in (OWN_SEED, WARNED_SEED))
    said = (
        "Who repeats it on Linux cannot see that: of the two numbers that the polar method makes, "
        "Linux's library returns the other one. Its parameters of seed "
        f"{WARNED_SEED} have {warned or 'no'} such images, those of seed {OWN_SEED} have "
        f"{own or 'none'}"
    )
    settings = {**ARTICLE, "loss": "pick_log", "lr": LEARNED, "seed": WARNED_SEED}
    there = matching(runs, settings).drop_duplicates("order_seed")
    if there.empty:
        return [f"{said}."]
    alive = int((there["outcome"] != "diverged").sum())
    return [
        f"{said}; seed {WARNED_SEED} survived learning rate {LEARNED} in {alive} of {len(there)} "
        "orders."
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %" if share < 0.01 else f"{100 * share:.1f} %"
