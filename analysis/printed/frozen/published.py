"""The frozen-model test of printed sequences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.cache import Arrays, cached
from analysis.printed.frozen.lattice import last_batch_size
from analysis.printed.frozen.rows import Printed, printed_sequence
from analysis.printed.frozen.untrained import FewFiniteError, Untrained, simulate
from analysis.printed.frozen.verdict import Verdict, judge, judge_exactly
from analysis.printed.table import FIGURES, PrintedSequence
from runner.data import Split

MODELS, SHUFFLES = 400, 20
"""Untrained models to compare with, and shuffles of each."""

SIMULATED = "pick_log"
"""The form of the loss whose untrained models are simulated."""

SEED = 1

Kind = tuple[int, float]
"""The batch size and the `init_sigma` of a training."""


@dataclass(frozen=True, eq=False)
class FrozenTest:
    """A verdict for each printed sequence, and the untrained models that some were judged with.

    `untrained` holds those models by batch size and `init_sigma`, `unjudged` the names of the
    sequences that cannot be tested: of one finite epoch, or without all figures of an epoch.
    """

    untrained: Mapping[Kind, Untrained]
    verdicts: list[Verdict]
    unjudged: list[str]

    @property
    def frozen(self) -> Mapping[str, bool]:
        """Whether a model that never moved prints it, by the name of the printed sequence."""
        return {one.name: one.frozen for one in self.verdicts}


def judge_printed(
    sequences: Sequence[PrintedSequence], examples: int, splits: tuple[Split, Split] | None
) -> FrozenTest:
    """The test of every printed sequence; with simulated models, of its first twenty epochs.

    Arguments
    - examples: the number of training examples;
    - splits: the training and test examples; None where they are not there.

    Untrained models are simulated for what the exact parts leave open, if its loss is
    `pick_log`, once for each batch size and `init_sigma`.
    """
    models: dict[Kind, Untrained | None] = {}
    verdicts, unjudged = [], []
    for one in sequences:
        row = printed_sequence(one)
        if row is None or (one.diverged_step is None and len(row.train_loss) < 2):
            unjudged.append(one.name)
            continue
        verdict = judge_exactly(row, examples, one.batch_size)
        if not verdict.impossible and one.loss == SIMULATED and splits:
            kind = (one.batch_size, one.init_sigma)
            if kind not in models:
                models[kind] = _simulated(splits, kind)
            untrained = models[kind]
            verdict = judge(_first_epochs(row), untrained) if untrained else verdict
        verdicts.append(verdict)
    return FrozenTest({kind: one for kind, one in models.items() if one}, verdicts, unjudged)


def _first_epochs(row: Printed) -> Printed:
    return replace(row, **{name: getattr(row, name)[:SHUFFLES] for name in FIGURES})


def _simulated(splits: tuple[Split, Split], kind: Kind) -> Untrained | None:
    """Models of this batch size and spread; None where hardly any has finite gradients."""
    batch_size, init_sigma = kind
    train, test = ((one.images, one.labels) for one in splits)

    def simulated() -> Arrays:
        models = simulate(
            train,
            test,
            np.random.default_rng(SEED),
            models=MODELS,
            shuffles=SHUFFLES,
            batch_size=batch_size,
            init_sigma=init_sigma,
        )
        return {name: np.asarray(value) for name, value in vars(models).items()}

    made_from = [*train, *test, SEED, MODELS, SHUFFLES, *kind]
    try:
        arrays = cached(simulated, made_from, [simulate, last_batch_size])
    except FewFiniteError:
        return None
    sizes: dict[str, Any] = {name: int(arrays[name]) for name in ("examples", "batch_size")}
    return Untrained(**{**arrays, **sizes})
