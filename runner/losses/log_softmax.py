"""`log_softmax`: subtracts the largest logit first, so that nothing overflows."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.losses.form import Array, Finding, Look, LossForm, Mechanism
from runner.losses.naive import logit_overflow
from runner.records import Floats


class LogSoftmax(LossForm):
    """-pick(log_softmax(X), y): never divides by a probability; it only needs finite logits."""

    name = "log_softmax"
    title = "stable loss"
    formula = "with the largest logit subtracted first: does not overflow"
    output = "log-probability"
    description = "subtracts the largest logit first, so that nothing overflows"
    look = Look("#0b7fab", "^", "--")

    def scores(self, F: Any, logits: Array) -> Array:
        """The log-probabilities (n, 10)."""
        return F.log_softmax(logits)

    def cross_entropy(self, F: Any, scores: Array, y: Array) -> Array:
        return -F.pick(scores, y)

    def stacked_step(
        self, F: Any, logits: Array, labels: Array, step_sizes: Array, classes: int, dtype: str
    ) -> tuple[Array, Array]:
        """Takes the logits as scores: they have the same largest class as the log-probabilities."""
        gradient = F.softmax(logits) - F.one_hot(labels, classes, dtype=dtype)
        of_classes = F.broadcast_axis(step_sizes, axis=2, size=classes)
        return logits, F.broadcast_mul(gradient, of_classes)  # faster than by the step sizes

    def stacked_losses(self, F: Any, scores: Array, labels: Array, largest: Array) -> Array:
        """Computed from the likeliest class (its p cannot be 0) and its lead over the label."""
        behind = F.pick(scores, largest) - F.pick(scores, labels)
        return behind - F.log(F.pick(F.softmax(scores), largest))

    def forward(self, F: Any, logits: Array, y: Array) -> Iterator[tuple[str, Array]]:
        yield "log", self.scores(F, logits)

    def finite_examples(self, logits: Floats, labels: Floats) -> npt.NDArray[np.bool_]:
        return np.asarray(np.isfinite(logits).all(axis=1))

    def mechanism(self, finding: Finding, row: int, label: int, labels: Sequence[str]) -> Mechanism:
        return logit_overflow(finding, row)


LOG_SOFTMAX = LogSoftmax()
