"""What the forms with a floor under the probability share: examples fall silent instead of dying.

Far below the floor the loss no longer grows, and the gradient vanishes: nothing is learned there.
"""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.losses.form import Array
from runner.losses.naive import NaiveForm
from runner.records import Floats

FLOOR = 1e-10
"""What people add to a probability, or clip it at, before they take its log."""


class FlooredForm(NaiveForm):
    """-pick(log(f(softmax(X))), y), where f(p) is never below `FLOOR`, so that 1 / f(p) is finite.

    It still dies in the softmax: of an exponential that overflows, or of a partition sum too small
    to divide by. A partition sum that overflows where no exponential does is not fatal: then all
    probabilities are 0, and so is the gradient.
    """

    @abstractmethod
    def floored(self, F: Any, p: Array) -> Array:
        """f(p), of any shape."""

    def cross_entropy(self, F: Any, scores: Array, y: Array) -> Array:
        return -F.pick(F.log(self.floored(F, scores)), y)

    def stacked_losses(self, F: Any, scores: Array, labels: Array, largest: Array) -> Array:
        return -F.log(self.floored(F, F.pick(scores, labels)))

    def forward(self, F: Any, logits: Array, y: Array) -> Iterator[tuple[str, Array]]:
        yield "exponential", self.exponentials(F, logits)
        yield "probability", self.scores(F, logits)

    def finite_examples(self, logits: Floats, labels: Floats) -> npt.NDArray[np.bool_]:
        with np.errstate(over="ignore", under="ignore"):
            e = np.exp(logits)
            square = e.sum(axis=1) ** 2
        return np.asarray(np.isfinite(e).all(axis=1) & (square > 0))
