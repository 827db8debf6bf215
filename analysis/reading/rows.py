"""What a run, an epoch and a sweep look like as a row, and the check of each value.

The same columns and the same checks, whether a row comes from MLflow or from a table: nothing that
is read is trusted. What no run of ours can have is refused here, so that nothing behind has to ask.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from typing import Any

import pandas as pd

from runner.configuration import LATER_KEYS
from runner.data import FASHION_MNIST, MOST_NUMBERS, MOST_WEIGHTS, is_own
from runner.keys import Rule, rules_for, wrong_value
from runner.process import InputError, one_line
from runner.records import OUTCOMES
from runner.tracking import IDENTIFIER

Values = Mapping[str, Any]
"""A text, a number or None for each column."""

Check = Callable[[str, Any], Any]
"""Gives the value of a column by its name, converted; `InputError` for one that cannot be."""

PARAMS: dict[str, Callable[[str], Any]] = {
    "lr": float,
    "batch_size": int,
    "epochs": int,
    "loss": str,
    "init_sigma": float,
    "draws": str,
    "rounding": int,
    "clip_gradient": float,
    "dtype": str,
    "division": str,
    "on_divergence": str,
    "data.name": str,
    "data.train_limit": int,
    "data.test_limit": int,
    "seed": int,
    "order_seed": int,
}
"""What decides a run's numbers, and the type of each; the seeds last."""

EPOCH_METRICS = (
    "train_loss",
    "train_acc",
    "test_loss",
    "test_acc",
    "train_loss_batch_mean",
    "train_acc_batch_mean",
    "test_acc_batch_mean",
)
SILENT = "train_silent"
"""How many training examples of an epoch were silent; only forms that have such log it."""

RUN_METRICS = (
    "diverged_epoch",
    "diverged_update",
    "best_test_acc",
    "last_finite_batch_loss",
)

MOST_EPOCHS = 10**6
"""More than any run has, and few enough for the updates of all to be counted in 64 bits."""

MOST_NAMED = 9
"""Damaged runs that are named one by one."""

LONGEST_TEXT = 8000
"""Characters of a text; MLflow's tags have no more."""


def run_row(values: Values) -> dict[str, Any]:
    """A row of the frame of runs, without the metrics of its last epoch.

    Raises `InputError` for a value that no run can have.
    """
    identity = dict.fromkeys(("run_id", "name"), _text)
    own = is_own(values.get("data.name"))
    keys = dict.fromkeys(PARAMS, partial(key_value, own=own))
    row = _checked(values, {**identity, **keys, **_ORIGIN})
    updates = row["epochs"] * -(-row["data.train_limit"] // row["batch_size"])
    if row["outcome"] == "diverged" and not (
        1 <= row["diverged_epoch"] <= row["epochs"] and 0 <= row["diverged_update"] <= updates
    ):
        raise InputError("it diverged, but diverged_epoch and diverged_update do not say when")
    return row


def epoch_row(values: Values) -> dict[str, Any]:
    """A row of the frame of epochs, without the keys of its run; `InputError` as `run_row`."""
    return _checked(values, _EPOCH)


def sweep_row(values: Values) -> dict[str, Any]:
    """A row of the frame of sweeps; `InputError` as `run_row`."""
    return _checked(values, _SWEEP)


def check_epochs(run: Values, epochs: Collection[int]) -> None:
    """`InputError` where these are not all the epochs of a run, the untrained model's first."""
    last = run["epochs"]
    if run["outcome"] == "diverged" and run["on_divergence"] == "stop":
        last = int(run["diverged_epoch"])
    if len(epochs) != last + 1 or set(epochs) != set(range(last + 1)):
        raise InputError(f"it must have epochs 0 to {last} once each, has {len(epochs)} epochs")


def frames(
    runs: list[dict[str, Any]], epochs: list[dict[str, Any]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The frames of `load_runs` from checked rows; each run gets its last epoch's metrics."""
    keys = list(PARAMS)
    order = [*keys, "run_id"]
    of_epochs = pd.DataFrame(epochs)
    last = of_epochs.sort_values("epoch").groupby("run_id").tail(1).drop(columns="epoch")
    of_runs = pd.DataFrame(runs).merge(last, on="run_id", validate="one_to_one")
    of_epochs = of_runs[["run_id", *keys]].merge(of_epochs, on="run_id")
    return (
        of_runs.sort_values(order, ignore_index=True),
        of_epochs.sort_values([*order, "epoch"], ignore_index=True),
    )


def named(damaged: list[str]) -> list[str]:
    """What is said of what is damaged: the first few one by one, and how many more there are."""
    more = len(damaged) - MOST_NAMED
    return [*damaged[:MOST_NAMED], *([f"{more} more that are damaged"] if more > 0 else [])]


def _checked(values: Values, columns: Mapping[str, Check]) -> dict[str, Any]:
    for name in columns:
        if isinstance(values.get(name), bytes):  # which SQLite keeps in a column of texts, too
            raise InputError(f"{name} must be text, got bytes")
    return {name: check(name, values.get(name)) for name, check in columns.items()}


def key_value(key: str, value: Any, own: bool = False) -> Any:
    """The value of a key, converted: what users may type, for published data or for their own.

    Raises `InputError` for any other.
    """
    rules = _rules_of_own() if own else rules_for(FASHION_MNIST)
    try:
        converted = PARAMS[key](_given(key, LATER_KEYS.get(key) if value is None else value))
    except ValueError:
        converted = None
    if converted is None or not rules[key].holds(converted):
        raise InputError(wrong_value(key, one_line(value), rules[key]))
    if key == "epochs" and converted > MOST_EPOCHS:
        raise _wrong(key, f"at most {MOST_EPOCHS}", value)
    return converted


@cache
def _rules_of_own() -> Mapping[str, Rule]:
    """The rules for the largest data that a user may have."""
    examples = dict.fromkeys(FASHION_MNIST.examples, MOST_NUMBERS)
    largest = replace(FASHION_MNIST, examples=examples, shape=(1, MOST_WEIGHTS), labels=("",))
    return {**rules_for(largest), "data.name": Rule("the name of a data set", is_own)}


def _given(name: str, value: Any) -> Any:
    if value is None:
        raise InputError(f"it has no {name}")
    return value


def _text(name: str, value: Any) -> str:
    return one_line(_given(name, value), LONGEST_TEXT)


def _optional_text(name: str, value: Any) -> str | None:
    return None if value is None else _text(name, value)


def _outcome(name: str, value: Any) -> str:
    if _given(name, value) not in OUTCOMES:
        raise _wrong(name, f"one of {', '.join(OUTCOMES)}", value)
    return str(value)


def _identifier(name: str, value: Any) -> str:
    if not IDENTIFIER.fullmatch(_given(name, value)):
        raise _wrong(name, "hexadecimal digits", value)
    return str(value)


def _identifiers(name: str, value: Any) -> str:
    return " ".join(_identifier(name, one) for one in _given(name, value).split())


def _number(name: str, value: Any) -> float:
    """A metric; nan where it was not logged."""
    try:
        return float("nan" if value is None else value)
    except ValueError:
        raise _wrong(name, "a number", value) from None


def _count(name: str, value: Any) -> float:
    """A whole number, from 0; nan where there is none."""
    count = _number(name, value)
    if not (math.isnan(count) or (count >= 0 and count.is_integer())):
        raise _wrong(name, "a whole number", value)
    return count


def _share(name: str, value: Any) -> float:
    share = _number(name, value)
    if share < 0 or share > 1:
        raise _wrong(name, "from 0 to 1", value)
    return share


def _known_share(name: str, value: Any) -> float:
    share = _share(name, _given(name, value))
    if math.isnan(share):
        raise _wrong(name, "from 0 to 1", value)
    return share


def _epoch(name: str, value: Any) -> int:
    try:
        epoch = int(_given(name, value))
    except ValueError:
        epoch = -1
    if not 0 <= epoch <= MOST_EPOCHS:
        raise _wrong(name, f"a whole number from 0 to {MOST_EPOCHS}", value)
    return epoch


def _time(name: str, value: Any) -> pd.Timestamp:
    """A time in UTC, from milliseconds as in MLflow or from a text as in a table."""
    try:
        if isinstance(value, int):
            return pd.Timestamp(value, unit="ms", tz="UTC").as_unit("ms")
        time = datetime.fromisoformat(_given(name, value))
        return pd.Timestamp(time).tz_convert("UTC").as_unit("ms")
    except (OverflowError, TypeError, ValueError):  # TypeError: a time without its zone
        raise _wrong(name, "a time in UTC", value) from None


def _wrong(name: str, expected: str, value: Any) -> InputError:
    return InputError(f"{name} must be {expected}, got {one_line(str(value))}")


def _metrics(names: Iterable[str]) -> dict[str, Check]:
    return {name: _share if "acc" in name else _number for name in names}


_ORIGIN: dict[str, Check] = {
    "outcome": _outcome,
    "divergence_cause": _optional_text,
    "divergence_example": _count,
    "divergence_sentence": _optional_text,
    **_metrics(RUN_METRICS),
    "config_hash": _identifier,
    "sweep_id": _identifier,
    **dict.fromkeys(("git_commit", "dirty", "host", "machine", "versions"), _optional_text),
    "data_digests": _text,
    "data_root": _optional_text,
    "started": _time,
    "experiment": _text,
    "experiment_id": _text,
}
_EPOCH: dict[str, Check] = {
    "run_id": _text,
    "epoch": _epoch,
    **_metrics(EPOCH_METRICS),
    SILENT: _count,
    "test_acc": _known_share,  # of a model without parameters too, which predicts class 0
}
_SWEEP: dict[str, Check] = {
    "sweep_id": _identifier,
    "run_id": _text,
    "command": _text,
    "started": _time,
    "config_hashes": _identifiers,
}
SWEEP_COLUMNS = list(_SWEEP)
