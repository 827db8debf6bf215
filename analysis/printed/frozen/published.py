"""The frozen-model test of every printed sequence."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.cache import Arrays, cached
from analysis.printed.frozen.lattice import last_batch_size
from analysis.printed.frozen.rows import printed_sequence
from analysis.printed.frozen.untrained import Untrained, simulate
from analysis.printed.frozen.verdict import Verdict, judge
from analysis.printed.published import load_published
from runner.data import Split

MODELS, SHUFFLES = 400, 20
"""Untrained models to compare with, and shuffles of each."""

SEED = 1


@dataclass(frozen=True, eq=False)
class FrozenTest:
    """A verdict for each printed sequence, and the untrained models that it was judged with."""

    untrained: Untrained
    verdicts: list[Verdict]

    @property
    def frozen(self) -> Mapping[str, bool]:
        """Whether a model that never moved prints it, by the name of the printed sequence."""
        return {one.name: one.frozen for one in self.verdicts}


def judge_published(train_split: Split, test_split: Split) -> FrozenTest:
    """The test of every printed sequence.

    The official data stand in for the earlier upload that the printed rows were made with: it
    has the same sizes and, but for 43 images, the same images in another order.
    """
    untrained = _simulated(train_split, test_split)
    verdicts = [judge(printed_sequence(one), untrained) for one in load_published()]
    return FrozenTest(untrained, verdicts)


def _simulated(train_split: Split, test_split: Split) -> Untrained:
    """The untrained models, simulated once for each pair of splits."""
    train, test = ((one.images, one.labels) for one in (train_split, test_split))

    def simulated() -> Arrays:
        generator = np.random.default_rng(SEED)
        models = simulate(train, test, generator, models=MODELS, shuffles=SHUFFLES)
        return {name: np.asarray(value) for name, value in vars(models).items()}

    arrays = cached(simulated, [*train, *test, MODELS, SHUFFLES, SEED], [simulate, last_batch_size])
    sizes = {name: int(arrays[name]) for name in ("examples", "batch_size")}
    return Untrained(**{**arrays, **sizes})
