"""Numbers and values as a person writes them."""

import math
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.statistics import MOST, Estimate, Needed, resampling_error
from runner.data import choice_of, is_own
from runner.process import plural

MOST_NAMED = 3
"""Values or names, such as learning rates, that a sentence lists one by one."""

DASH = "\N{EN DASH}"


def plain(value: object) -> str:
    """A value as a person writes it; two that differ are written differently."""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


USUAL = {
    "lr": 0.1,
    "batch_size": 256,
    "epochs": 5,
    "seed": 2,
    "loss": "pick_log",
    "init_sigma": 1.0,
    "draws": "mxnet",
    "rounding": 0,
    "clip_gradient": math.inf,
    "dtype": "float32",
    "division": "python3",
    "on_divergence": "stop",
    "data.name": "fashion_mnist",
    "data.train_limit": 60_000,
    "data.test_limit": 10_000,
}
"""The defaults of `lrstudy`: keys with these values need not be typed."""


def words(keys: Mapping[Any, Any]) -> list[str]:
    """Keys as a person types them, but for those that have their default.

    `data` chooses what a run has as `data.name`; a user's own is at `data.root`, where known.
    """
    usual = {**USUAL, "order_seed": keys.get("seed"), "data.root": keys.get("data.root")}
    said = [
        f"data={choice_of(value)}" if key == "data.name" else f"{key}={plain(value)}"
        for key, value in keys.items()
        if value != usual.get(key)
    ]
    if is_own(keys.get("data.name")):
        said.append(f"data.root={quoted(keys.get('data.root') or 'PLACE')}")
    return said


def quoted(text: str) -> str:
    """A text as Hydra reads it; quoted where it has characters that mean something there."""
    if re.fullmatch(r"[\w./-]*[A-Za-z_][\w./-]*", text):
        return text
    return "'{}'".format(text.replace("'", r"\'"))


def command(keys: Mapping[Any, Any]) -> str:
    """The sweep that trains these keys, `lr` and a range among them."""
    others = {key: value for key, value in keys.items() if key != "lr"}
    return shlex.join(["lrstudy", "-m", f"lr={plain(keys['lr'])}", *words(others)])


def label(row: Mapping[Any, Any], keys: Sequence[str]) -> str:
    """A row's values of these keys in words."""
    names = {"lr": "learning rate", "batch_size": "batch size"}
    return ", ".join(f"{names.get(key, key)} {plain(row[key])}" for key in keys)


def value_range(values: Sequence[Any], most: int = 8) -> str:
    """Distinct values in words: sorted, whole numbers in a row as a range, many ones cut short."""
    ordered = sorted(values)
    first, last = ordered[0], ordered[-1]
    whole = len(ordered) > 2 and isinstance(first, int)
    if whole and last - first == len(ordered) - 1:
        return f"{first} to {last}"
    if len(ordered) > most:
        return f"{len(ordered)} values from {plain(first)} to {plain(last)}"
    return ", ".join(map(plain, ordered))


def figure(value: float, digits: int = 4) -> str:
    """A number for a table: a dash where there is none."""
    # Adding 0 after rounding turns -0.0 into 0.0.
    return DASH if pd.isna(value) else f"{round(value, digits) + 0.0:.{digits}f}"


def interval(row: Mapping[Any, Any], name: str, digits: int = 4) -> str:
    """The columns `name`, `name_low` and `name_high` of a row as value (low to high).

    The ends of an interval that was drawn, as that of an interquartile mean, have no more digits
    than resampling has settled.
    """
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if pd.isna(low):
        return figure(value, digits)
    if "iqm" in name:
        settled = settled_digits(low, high, digits)
        return f"{figure(value, digits)} ({figure(low, settled)} to {figure(high, settled)})"
    return f"{figure(value, digits)} ({figure(low, digits)} to {figure(high, digits)})"


def settled_digits(low: float, high: float, digits: int) -> int:
    """How many digits of a drawn interval's ends are settled, at most `digits`.

    Those of which a unit is at least four times the standard error that resampling leaves, which
    for small and for skewed samples is up to twice that of `resampling_error`.
    """
    error = 8 * resampling_error(low, high)
    return digits if error <= 0 else max(0, min(digits, math.floor(-math.log10(error))))


def estimate(one: Estimate, digits: int = 4) -> str:
    """An estimate as value (low to high); a dash where there is none."""
    return interval({"": one.value, "_low": one.low, "_high": one.high}, "", digits)


def p_value(value: float | None) -> str:
    """A p-value with two digits; a dash where there is none."""
    if value is None:
        return DASH
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"


def percent(share: float) -> str:
    """A share in percent; a half rounds to even."""
    return f"{100 * share:.0f} %"


def to_settle(needed: Needed | None, difference: Estimate) -> str:
    """What would settle the sign of a difference, in words; a dash where nothing can be said."""
    if needed:
        return more(needed)
    return "settled" if difference.low > 0 or difference.high < 0 else DASH


def more(one: Needed) -> str:
    """How many more seeds or orders are needed, in words."""
    if not one.within_reach:
        return f"more than {MOST:,} more seeds or orders"
    if one.paired:
        own = "an order of its own" if one.seeds == 1 else "orders of their own"
        return f"{one.seeds} more {plural(one.seeds, 'seed')} in {own}"
    said = [
        f"{count} more {plural(count, what)}"
        for count, what in ((one.seeds, "seed"), (one.orders, "order"))
        if count
    ]
    return " and ".join(said)


def design(row: Mapping[Any, Any]) -> str:
    """How the runs or pairs of a row share seeds and orders, in words."""
    seeds, orders = row["seeds"], row["orders"]
    if row["design"] == "independent":
        return f"{seeds} of each"
    if row["design"] == "crossed":
        return f"{seeds} seeds x {orders} orders"
    one_order = row["design"] == "one order"
    return f"{seeds} seeds, one order" if one_order else f"one seed, {orders} orders"
