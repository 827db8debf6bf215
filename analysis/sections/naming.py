"""Settings as people call them."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from analysis.formatting import plain
from analysis.printed import ARTICLE
from analysis.reading import PARAMS
from runner.data import DATA_SETS
from runner.losses import LOSSES
from runner.process import plural

WORDS: dict[str, Callable[[Any], str]] = {
    "loss": lambda value: LOSSES[value].title,
    "lr": lambda value: f"learning rate {plain(value)}",
    "init_sigma": lambda value: f"initial \N{GREEK SMALL LETTER SIGMA} {plain(value)}",
    "batch_size": lambda value: f"batch size {plain(value)}",
    "epochs": lambda value: f"{value} {plural(int(value), 'epoch')}",
    "division": lambda value: "integer step (Python 2)" if value == "python2" else "exact division",
    "draws": lambda value: (
        "a Mac's random numbers" if value == "macos" else "this machine's random numbers"
    ),
    "on_divergence": lambda value: "goes on after nan" if value == "continue" else "stops at nan",
    "rounding": lambda value: f"bit {value} flipped" if value else "no bit flipped",
    "clip_gradient": lambda value: (
        f"gradient clipped at {plain(value)}" if math.isfinite(value) else "gradient not clipped"
    ),
    "dtype": lambda value: f"in {value}",
    "data.name": lambda value: DATA_SETS[value].title if value in DATA_SETS else value,
    "data.train_limit": lambda value: f"{value:,} training images",
    "data.test_limit": lambda value: f"{value:,} test images",
}
"""A value of a key for people; the others are written as users type them."""


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table setting by setting, the largest learning rate of each first.

    Forms of the loss stand as the lesson lists them, the article's value of a key before others.
    """
    keys = [key for key in PARAMS if key in table and key not in ("loss", "lr")]
    odd = {f"odd {key}": table[key] != ARTICLE.get(key) for key in keys}
    form, rate = table["loss"].map(list(LOSSES).index), -table["lr"]
    ordered = table.assign(form=form, rate=rate, **odd).sort_values(["form", *odd, *keys, "rate"])
    return ordered[list(table)]


def form_name(loss: str) -> str:
    """A form of the loss, after "the"."""
    return LOSSES[loss].title


def setting_name(setting: Mapping[Any, Any], keys: Iterable[str]) -> str:
    """The form of the loss, then each value of these keys that is not the article's.

    The learning rate is left out: it stands in a column, or after "at".
    """
    odd = [key for key in keys if key not in ("loss", "lr") and setting[key] != ARTICLE.get(key)]
    return ", ".join([form_name(setting["loss"]), *(in_words(key, setting[key]) for key in odd)])


def in_words(key: str, value: object) -> str:
    """A value of a key, for people."""
    say = WORDS.get(key)
    return say(value) if say else f"{key} {plain(value)}"
