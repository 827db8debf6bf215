"""What the forms that take the log of a probability itself share: 1/p, which can overflow."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.losses.form import Array, Finding, Mechanism
from runner.losses.naive import NaiveForm
from runner.records import Floats

BEFORE_DIVISION = ("logit", "exponential", "partition sum")


class UnguardedForm(NaiveForm):
    """A form that takes the log of the label's p, or of every p: it dies where 1/p overflows."""

    def slope(self, F: Any, p: Array) -> Array:
        return F.reciprocal(p)

    def stacked_losses(self, F: Any, scores: Array, labels: Array, largest: Array) -> Array:
        return -F.log(F.pick(scores, labels))

    def forward(self, F: Any, logits: Array, y: Array) -> Iterator[tuple[str, Array]]:
        yield from super().forward(F, logits, y)
        yield "log", self.log(F, self.scores(F, logits), y)

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
        partition_sum = finding.partition_sums[row]
        with np.errstate(over="ignore", under="ignore"):  # a power would be float64 before NumPy 2
            too_small = np.square(partition_sum) == 0 and finding.quantity != "log"
        if too_small or finding.quantity in BEFORE_DIVISION:
            return super().mechanism(finding, row, label, labels)
        logits, p = finding.logits[row], finding.probabilities[row]
        with np.errstate(divide="ignore", over="ignore"):
            broken = np.isinf(1 / p)
        guilty = self.guilty_class(p, label)
        if p[label] == 0 or not broken[guilty]:
            guilty = label
        whose = "its label" if guilty == label else "not its label"
        named = f"class {labels[guilty]} ({whose})"
        gap = f"its logit is {logits.max() - logits[guilty]:.1f} below the largest"
        if p[guilty] == 0:
            in_gradient = "In the log's gradient 0 * inf is nan."
            effect = "So the loss is inf." if guilty == label else in_gradient
            account = f"The probability of {named} is 0; {gap}. {effect}"
            return Mechanism("zero_probability", guilty, account)
        size = f"The probability of {named} is {p[guilty]:.2g}; {gap}."
        if not broken[guilty]:
            effect = (
                f"1/p is finite, but divided by the partition sum {partition_sum:.2g} it overflows"
            )
            return Mechanism("gradient_overflow", guilty, f"{size} {effect} {p.dtype}.")
        effect = (
            f"1/p overflows {p.dtype}." if guilty == label else "1/p overflows, and 0 * inf is nan."
        )
        return Mechanism("reciprocal_overflow", guilty, f"{size} {effect}")
