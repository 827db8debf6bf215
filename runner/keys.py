"""The keys that users type: their types, their ranges, and the configuration they give."""

import contextlib
import difflib
import math
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.errors import HydraException
from hydra.experimental.callback import Callback
from omegaconf import MISSING, DictConfig, OmegaConf, StringNode
from omegaconf.errors import OmegaConfBaseException

from runner.configuration import DIVISIONS, DTYPES, LOSS_NAMES, REACTIONS, Configuration, rounded
from runner.data import DATA_SETS, FASHION_MNIST, DataSet, data_set_of
from runner.draws import DRAWS
from runner.process import InputError, hidden


@dataclass
class DataKeys:
    """The types of the keys `data.*`; `data=NAME` sets `name`."""

    name: str = MISSING
    root: str | None = MISSING
    train_limit: int | None = MISSING
    test_limit: int | None = MISSING


@dataclass
class TrackingKeys:
    """The types of the keys `tracking.*`."""

    uri: str = MISSING
    experiment: str = MISSING


@dataclass
class Keys:
    """The types of all keys; their defaults are in conf/config.yaml."""

    lr: float = MISSING
    batch_size: int = MISSING
    epochs: int = MISSING
    seed: int = MISSING
    order_seed: int = MISSING
    loss: str = MISSING
    init_sigma: float = MISSING
    draws: str = MISSING
    rounding: int = MISSING
    clip_gradient: float | None = MISSING
    dtype: str = MISSING
    division: str = MISSING
    on_divergence: str = MISSING
    skip_finished: bool = MISSING
    dry_run: bool = MISSING
    fail_fast: bool = MISSING
    rerun: str | None = MISSING
    data: DataKeys = field(default_factory=DataKeys)
    tracking: TrackingKeys = field(default_factory=TrackingKeys)


SMALLEST, LARGEST = 1.2e-38, 3.4e38
"""The range of positive numbers that float32 holds with full precision."""


class Rule(NamedTuple):
    """What a key's value must be: in words, and as a test."""

    expected: str
    holds: Callable[[Any], bool]


def _in_float32(value: float) -> bool:
    return SMALLEST <= value <= LARGEST


def _whole_number(low: int, high: int, note: str = "") -> Rule:
    return Rule(
        f"a whole number from {low} to {high}{note}",
        lambda value: value is not None and low <= value <= high,
    )


def _one_of(*values: str) -> Rule:
    return Rule(f"one of {', '.join(values)}", lambda value: value in values)


def _optional(rule: Rule) -> Rule:
    return Rule(f"null or {rule.expected}", lambda value: value is None or rule.holds(value))


LONGEST_EXPERIMENT = 500
"""Characters that MLflow allows in an experiment's name."""

LONGEST_KEY = 255
"""Bytes in a file's name: Hydra looks whether a key is the name of a folder of `conf`."""

_BOOLEAN = Rule("true or false", lambda value: isinstance(value, bool))
_SEED = _whole_number(0, 2**31 - 1)


@cache
def rules_for(data_set: DataSet) -> Mapping[str, Rule]:
    """The rule for each key, given the data set."""
    examples = data_set.examples
    return {
        "lr": Rule(
            "a finite number above 0", lambda value: value is not None and 0 < value < math.inf
        ),
        "batch_size": _whole_number(1, examples["train"], " (the training examples)"),
        "epochs": Rule("a whole number of at least 1", lambda value: bool(value) and value >= 1),
        "seed": _SEED,
        "order_seed": _SEED,
        "loss": _one_of(*LOSS_NAMES),
        "init_sigma": Rule(
            "0 or a number above it that float32 can hold",
            lambda value: value == 0 or (value is not None and _in_float32(value)),
        ),
        "draws": _one_of(*DRAWS),
        "rounding": _whole_number(
            0, math.prod(data_set.weights_shape), " (the numbers of W; 0 flips none)"
        ),
        "clip_gradient": Rule(
            "null or a number above 0 that float32 can hold",
            lambda value: value in (None, math.inf) or _in_float32(value),
        ),
        "dtype": _one_of(*DTYPES),
        "division": _one_of(*DIVISIONS),
        "on_divergence": _one_of(*REACTIONS),
        "skip_finished": _BOOLEAN,
        "dry_run": _BOOLEAN,
        "fail_fast": _BOOLEAN,
        "rerun": Rule(
            "null or the id of an MLflow run", lambda value: value is None or bool(value)
        ),
        "data.name": _one_of(*DATA_SETS),
        "data.root": Rule("null, a folder or a file", lambda value: value is None or bool(value)),
        "data.train_limit": _optional(_whole_number(1, examples["train"])),
        "data.test_limit": _optional(_whole_number(1, examples["test"])),
        "tracking.uri": Rule("the address of an MLflow store", bool),
        "tracking.experiment": Rule(
            f"the name of an experiment, of at most {LONGEST_EXPERIMENT} characters",
            lambda value: bool(value) and len(value) <= LONGEST_EXPERIMENT,
        ),
    }


RULES = rules_for(FASHION_MNIST)
"""The rules for the default data set; every data set has the same keys."""


def configuration_of(cfg: DictConfig, *, exact: bool = False) -> Configuration:
    """The configuration that the keys give; `InputError` for a value outside its range.

    A user's own data is read, for its sizes and digest; `InputError` where that fails.

    Every float is rounded to 15 significant digits, unless `exact` is true: then the values are
    those of a run, which may have been made before floats were rounded.
    """
    for key in _leaves(cfg):
        if key not in RULES:
            raise InputError(unknown_key(key))
    keys = {key: _value(cfg, key) for key in RULES}
    if not exact:
        keys |= {key: rounded(value) for key, value in keys.items() if isinstance(value, float)}
    known = keys["data.name"] in DATA_SETS
    data_set = data_set_of(keys["data.name"], keys["data.root"]) if known else FASHION_MNIST
    for key, rule in rules_for(data_set).items():
        if not rule.holds(keys[key]):
            raise InputError(wrong_value(key, keys[key], rule))
    limits = {
        split: keys[f"data.{split}_limit"] or count for split, count in data_set.examples.items()
    }
    if keys["batch_size"] > limits["train"]:
        raise InputError(
            f"batch_size must be {_whole_number(1, limits['train']).expected} (data.train_limit), "
            f"got {keys['batch_size']}"
        )
    values = {name: keys[name] for name in Configuration.__dataclass_fields__ if name in keys}
    if values["clip_gradient"] is None:
        values["clip_gradient"] = math.inf
    configuration = Configuration(
        **values,
        train_limit=limits["train"],
        test_limit=limits["test"],
        data_set=data_set,
    )
    if configuration.step_size != 0 and not _in_float32(configuration.step_size):
        raise InputError(
            f"lr must give a step size lr / batch_size that float32 can hold, "
            f"{SMALLEST:.2g} to {LARGEST:.2g}, got {configuration.step_size:g}"
        )
    return configuration


def _value(cfg: DictConfig, key: str) -> Any:
    try:
        return OmegaConf.select(cfg, key)
    except OmegaConfBaseException as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{key} must be {RULES[key].expected}, but {reason}") from error


def wrong_value(key: str, value: object, rule: Rule | None = None) -> str:
    """The error line for a value that breaks its key's rule."""
    return f"{key} must be {(rule or RULES[key]).expected}, got {_show(value)}"


def unknown_key(key: str) -> str:
    """The error line for a key that does not exist; it lists those that do."""
    near = difflib.get_close_matches(key, RULES, n=1)
    guess = f"did you mean {near[0]}? " if near else ""
    return f"{key} is not a key; {guess}the keys are {', '.join(RULES)} (lrstudy --help)"


def unreadable(override: str) -> str:
    """The error line for a word that Hydra's grammar does not allow; it says what to type.

    Text with letters beyond ASCII, `~`, brackets and the like must be in quotation marks.
    """
    key, equals, value = override.partition("=")
    if not equals:
        return f"{override} must be KEY=VALUE; lrstudy --help lists the keys"
    name = key.lstrip("+~")
    if name in RULES and not _is_text(name):
        return wrong_value(name, value)
    quote = Quote.single if '"' in value else Quote.double
    quoted = f"{key}={QuotedString(value, quote).with_quotes()}"
    try:
        OverridesParser.create().parse_override(quoted)
    except HydraException:
        return unknown_key(name)
    return (
        f"the value of {override} has characters that must be in quotation marks; "
        f"type: {shlex.quote(quoted)}"
    )


def check_length(word: str) -> None:
    """Raise `InputError` for a typed word whose key is too long to be one."""
    key, equals, _ = word.partition("=")
    if (equals or word.startswith("~")) and len(key.encode()) > LONGEST_KEY:
        raise InputError(unknown_key(key.lstrip("+~")))


def _is_text(key: str) -> bool:
    """Whether the schema says that a key's value is text."""
    node = OmegaConf.structured(Keys)
    *groups, name = key.split(".")
    for group in groups:
        node = node[group]
    return isinstance(node._get_node(name), StringNode)


def _leaves(cfg: DictConfig, prefix: str = "") -> Iterator[str]:
    """The dotted names of all values, without Hydra's own."""
    for name in cfg:
        if prefix or name != "hydra":
            node = cfg._get_node(name)
            dotted = f"{prefix}{name!s}"
            if isinstance(node, DictConfig):
                yield from _leaves(node, f"{dotted}.")
            else:
                yield dotted


def _show(value: Any) -> str:
    if value is None or value == "":
        return "null" if value is None else "nothing"
    return f"{value:g}" if isinstance(value, float) else str(value)


def hide_address(cfg: DictConfig) -> None:
    """Mask the store's address, wherever it comes from: Hydra saves the configuration."""
    with contextlib.suppress(OmegaConfBaseException):  # reported with the other wrong values
        uri = OmegaConf.select(cfg, "tracking.uri")
        if isinstance(uri, str) and hidden(uri) != uri:
            cfg.tracking.uri = hidden(uri)


class HideAddress(Callback):
    """Hides the address before Hydra saves the configuration of a run or a sweep."""

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        hide_address(config)

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        hide_address(config)


def register() -> None:
    """Give Hydra the schema, so that it rejects wrong types and unknown keys."""
    store = ConfigStore.instance()
    store.store(name="schema", node=Keys)
    for name in DATA_SETS:
        store.store(group="data", name=name, node=DataKeys(name, None, None, None))
