"""What the naive forms share: the lesson's softmax, without the maximum subtracted."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.losses.form import Array, Finding, LossForm, Mechanism
from runner.records import Floats

SMALLEST_SQUARABLE = 2.6e-23
"""In float32 the square of anything smaller is 0."""


class NaiveForm(LossForm):
    """A form whose probabilities p are e^X / sum(e^X).

    The stack's gradient follows the chain rule factor by factor, in autograd's order. Let
    e = e^logit, s their sum, p = e / s and u = 1/p of the label. The gradient by e is
    u * e_label / s^2 for every class, with -u / s added for the label. Times e, it is the
    gradient by the logit.
    """

    output = "probability"

    def scores(self, F: Any, logits: Array) -> Array:
        """The probabilities (n, 10)."""
        e = F.exp(logits)
        return F.broadcast_div(e, F.sum(e, axis=1, keepdims=True))

    def stacked_step(
        self, F: Any, logits: Array, labels: Array, step_sizes: Array, classes: int
    ) -> tuple[Array, Array]:
        e = F.exp(logits)
        s = F.dot(e, F.ones((classes, 1)))
        p = F.broadcast_div(e, s)
        p_label = F.pick(p, labels, keepdims=True)
        e_label = F.pick(e, labels, keepdims=True)
        u = F.reciprocal(p_label)
        every = self.shared_gradient(F, u * (e_label / (s * s)), p, classes)
        of_label = u * F.reciprocal(s) * e_label
        step = F.broadcast_mul(e, F.broadcast_mul(every, step_sizes)) - F.broadcast_mul(
            F.one_hot(labels, classes), F.broadcast_mul(of_label, step_sizes)
        )
        return p, step

    @abstractmethod
    def shared_gradient(self, F: Any, gradient: Array, p: Array, classes: int) -> Array:
        """The part of the gradient by e common to all classes (n, k, 1), plus what the log adds."""

    def stacked_losses(self, F: Any, scores: Array, labels: Array, largest: Array) -> Array:
        return -F.log(F.pick(scores, labels))

    def forward(self, F: Any, logits: Array, y: Array) -> Iterator[tuple[str, Array]]:
        exponentials = F.exp(logits)
        yield "exponential", exponentials
        yield "partition sum", F.sum(exponentials, axis=1, keepdims=True)
        p = self.scores(F, logits)
        yield "probability", p
        yield "log", self.log(F, p, y)

    @abstractmethod
    def log(self, F: Any, p: Array, y: Array) -> Array:
        """The form's log: of every probability (n, 10), or of the label's only (n,)."""

    @abstractmethod
    def guilty_class(self, p: Floats, label: int) -> int:
        """The class to blame, given one example's probabilities (10,)."""

    def finite_examples(self, logits: Floats, labels: Floats) -> npt.NDArray[np.bool_]:
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            e = np.exp(logits)
            p = e / e.sum(axis=1, keepdims=True)
            finite = np.isfinite(p) & np.isfinite(1 / p)
        return self.finite_where_needed(finite, labels)

    @abstractmethod
    def finite_where_needed(
        self, finite: npt.NDArray[np.bool_], labels: Floats
    ) -> npt.NDArray[np.bool_]:
        """Which examples (n,) are `finite` (p and 1/p, (n, 10)) where the form needs it."""

    def mechanism(self, finding: Finding, row: int, label: int, labels: Sequence[str]) -> Mechanism:
        logits, p = finding.logits[row], finding.probabilities[row]
        largest = int(np.argmax(logits))
        if finding.quantity == "logit":
            return logit_overflow(finding, row)
        if finding.quantity in ("exponential", "partition sum"):
            size = f"e^{logits[largest]:.1f}, of class {labels[largest]}, overflows float32"
            return Mechanism("exp_overflow", largest, f"{size}, and inf / inf is nan")
        partition_sum = finding.partition_sums[row]
        if partition_sum < SMALLEST_SQUARABLE and finding.quantity != "log":
            size = f"the partition sum {partition_sum:.3g} is too small to divide by"
            return Mechanism("sum_underflow", largest, size)
        return self._probability_mechanism(logits, p, partition_sum, label, labels)

    def _probability_mechanism(
        self, logits: Floats, p: Floats, partition_sum: float, label: int, labels: Sequence[str]
    ) -> Mechanism:
        """The mechanism of a probability that is 0, or whose reciprocal overflows here or later."""
        with np.errstate(divide="ignore", over="ignore"):
            broken = np.isinf(np.float32(1) / p)
        guilty = self.guilty_class(p, label)
        if p[label] == 0 or not broken[guilty]:
            guilty = label
        whose = "its label" if guilty == label else "not its label"
        named = f"class {labels[guilty]} ({whose})"
        gap = f"its logit is {logits.max() - logits[guilty]:.1f} below the largest"
        if p[guilty] == 0:
            effect = (
                "the loss is inf" if guilty == label else "0 * inf in the log's gradient is nan"
            )
            clause = f"the probability of {named} is 0, {gap}, and {effect}"
            return Mechanism("zero_probability", guilty, clause)
        size = f"the probability of {named} is {p[guilty]:.2g}, {gap}"
        if not broken[guilty]:
            effect = (
                f"1/p is finite, but divided by the partition sum {partition_sum:.2g} it overflows"
            )
            return Mechanism("gradient_overflow", guilty, f"{size}: {effect} float32")
        effect = "1/p overflows float32" if guilty == label else "1/p overflows, and 0 * inf is nan"
        return Mechanism("reciprocal_overflow", guilty, f"{size}: {effect}")


def logit_overflow(finding: Finding, row: int) -> Mechanism:
    """The mechanism where a logit itself is not finite."""
    largest = int(np.argmax(finding.logits[row]))
    guilty = largest if finding.column is None else finding.column
    return Mechanism(
        "parameter_overflow", guilty, "the parameters are so large that a logit overflows"
    )
