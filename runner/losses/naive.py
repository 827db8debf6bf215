"""What the naive forms share: the lesson's softmax, and the gradient through it."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from runner.losses.form import Array, Finding, LossForm, Mechanism


class NaiveForm(LossForm):
    """A form whose probabilities p are e^X / sum(e^X).

    The stack's gradient follows the chain rule factor by factor, in autograd's order. Let
    e = e^logit, s their sum, p = e / s and u the slope of the loss in the label's p. The gradient
    by e is u * e_label / s^2 for every class, with -u / s added for the label. Times e, it is the
    gradient by the logit.
    """

    output = "probability"

    def scores(self, F: Any, logits: Array) -> Array:
        """The probabilities (n, 10)."""
        e = self.exponentials(F, logits)
        return F.broadcast_div(e, F.sum(e, axis=1, keepdims=True))

    def stacked_step(
        self, F: Any, logits: Array, labels: Array, step_sizes: Array, classes: int, dtype: str
    ) -> tuple[Array, Array]:
        e = self.exponentials(F, logits)
        s = F.dot(e, F.ones((classes, 1), dtype=dtype))
        p = F.broadcast_div(e, s)
        p_label = F.pick(p, labels, keepdims=True)
        e_label = F.pick(e, labels, keepdims=True)
        u = self.slope(F, p_label)
        every = self.shared_gradient(F, u * (e_label / (s * s)), p, classes, dtype)
        of_label = u * F.reciprocal(s) * e_label
        step = F.broadcast_mul(e, F.broadcast_mul(every, step_sizes)) - F.broadcast_mul(
            F.one_hot(labels, classes, dtype=dtype), F.broadcast_mul(of_label, step_sizes)
        )
        return p, step

    @abstractmethod
    def slope(self, F: Any, p: Array) -> Array:
        """How fast the loss falls as the label's probabilities p (n, k, 1) grow."""

    def shared_gradient(self, F: Any, gradient: Array, p: Array, classes: int, dtype: str) -> Array:
        """The part of the gradient by e common to all classes (n, k, 1), plus what the log adds."""
        return gradient

    def forward(self, F: Any, logits: Array, y: Array) -> Iterator[tuple[str, Array]]:
        exponentials = self.exponentials(F, logits)
        yield "exponential", exponentials
        yield "partition sum", F.sum(exponentials, axis=1, keepdims=True)
        yield "probability", self.scores(F, logits)

    def mechanism(self, finding: Finding, row: int, label: int, labels: Sequence[str]) -> Mechanism:
        """How the softmax broke: at a logit, an exponential or the division by their sum."""
        logits = finding.logits[row]
        largest = int(np.argmax(logits))
        if finding.quantity == "logit":
            return logit_overflow(finding, row)
        if finding.quantity in ("exponential", "partition sum"):
            size = f"e^{logits[largest]:.1f}, of class {labels[largest]}, overflows {logits.dtype}"
            return Mechanism("exp_overflow", largest, f"{size}, and inf / inf is nan.")
        size = f"The partition sum {finding.partition_sums[row]:.3g} is too small to divide by."
        return Mechanism("sum_underflow", largest, size)


def logit_overflow(finding: Finding, row: int) -> Mechanism:
    """The mechanism where a logit itself is not finite."""
    largest = int(np.argmax(finding.logits[row]))
    guilty = largest if finding.column is None else finding.column
    return Mechanism(
        "parameter_overflow", guilty, "The parameters are so large that a logit overflows."
    )
