"""A configuration: the values that decide a run's numbers, and the hash that identifies them."""

import hashlib
import json
import math
from dataclasses import dataclass, fields

from runner.data import FASHION_MNIST, DataSet
from runner.draws import DRAWS
from runner.losses import LOSSES

TRAINER_VERSION = 3
"""Part of `config_hash`. Raise it by hand when a change to the trainer changes its numbers."""

LOSS_NAMES = tuple(LOSSES)
DIVISIONS = ("python3", "python2")
REACTIONS = ("stop", "continue")
DTYPES = ("float32", "float64")

LATER_KEYS: dict[str, str | float] = {
    "data.name": FASHION_MNIST.name,
    "draws": next(iter(DRAWS)),
    "rounding": 0,
    "clip_gradient": math.inf,
    "dtype": DTYPES[0],
}
"""Keys that joined after runs had been made, with their defaults.

A run has such a parameter only where it is not the default, so that finished runs stay finished.
"""

_RENAMED = {name: f"data.{name}" for name in ("train_limit", "test_limit")} | {
    "data_set": "data.name"
}


def rounded(value: float) -> float:
    """A number as users enter it: 15 significant digits, and no negative zero.

    Binary arithmetic shows in the 16th and 17th: 0.1 + 2 * 0.1 is 0.30000000000000004. Whoever
    means 0.3 gets one configuration.
    """
    return float(f"{value:.15g}") + 0.0


@dataclass(frozen=True)
class Configuration:
    """The values that decide a run's numbers. Resolved: the limits are never null.

    `clip_gradient` is infinite where nothing is clipped.
    """

    lr: float
    batch_size: int
    epochs: int
    seed: int
    order_seed: int
    loss: str
    init_sigma: float
    division: str
    on_divergence: str
    train_limit: int
    test_limit: int
    data_set: DataSet = FASHION_MNIST
    draws: str = next(iter(DRAWS))
    rounding: int = 0
    clip_gradient: float = math.inf
    dtype: str = DTYPES[0]

    @property
    def step_size(self) -> float:
        """What multiplies the summed gradient: lr / batch_size.

        Under `python2` an lr with an integral value is divided as an integer. So the article's
        cell `learning_rate = 1` gave 1 / 256 = 0.
        """
        if self.division == "python2" and self.lr.is_integer():
            return float(int(self.lr) // self.batch_size)
        return self.lr / self.batch_size

    @property
    def clips(self) -> bool:
        """Whether gradients are clipped."""
        return math.isfinite(self.clip_gradient)

    @property
    def params(self) -> dict[str, float | int | str]:
        """The values by the names that users type; `LATER_KEYS` only if not the default."""
        values = {
            _RENAMED.get(field.name, field.name): getattr(self, field.name)
            for field in fields(self)
        }
        values["data.name"] = self.data_set.name
        return {key: value for key, value in values.items() if LATER_KEYS.get(key) != value}

    @property
    def name(self) -> str:
        """Form of the loss, sigma, rate, batch size and seed, then what else is not the default."""
        parts = [
            self.loss,
            f"sigma={self.init_sigma:.15g}",
            f"lr={self.lr:.15g}",
            f"bs={self.batch_size}",
            f"seed={self.seed}",
        ]
        if self.order_seed != self.seed:
            parts.append(f"order_seed={self.order_seed}")
        usual = {
            "epochs": 5,
            "division": DIVISIONS[0],
            "on_divergence": REACTIONS[0],
            "data.train_limit": self.data_set.examples["train"],
            "data.test_limit": self.data_set.examples["test"],
        }
        others = [key for key in self.params if key in LATER_KEYS or key in usual]
        parts += [
            f"{key}={self.params[key]}" for key in others if self.params[key] != usual.get(key)
        ]
        return " ".join(parts)

    @property
    def config_hash(self) -> str:
        """16 hexadecimal digits that identify what decides the numbers: values, data, trainer.

        Paths, threads and launchers are not part of it.
        """
        decisive = {"params": self.params, "data": self.data_set.digest, "trainer": TRAINER_VERSION}
        return _digest(json.dumps(decisive, sort_keys=True))


ALWAYS_LOGGED = tuple(
    key
    for key in (_RENAMED.get(field.name, field.name) for field in fields(Configuration))
    if key not in LATER_KEYS
)
"""The parameters that every run has."""


def sweep_id_of(config_hashes: set[str]) -> str:
    """16 hexadecimal digits that identify a set of configurations; a resumed sweep keeps them."""
    return _digest(",".join(sorted(config_hashes)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
