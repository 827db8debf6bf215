"""What defines a form of the loss: its formula, its update in a stack, and how it dies."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from runner.records import Floats

Array = Any
"""An MXNet array: an `NDArray`, or a `Symbol` in a graph."""


@dataclass(frozen=True)
class Finding:
    """The first non-finite quantity of a batch, in the order of computation.

    `row` (the example in the batch) and `column` (the class) locate its first non-finite value;
    either is None if the quantity has no such axis. `logits` (n, 10) are the model's;
    `partition_sums` (n,) and `probabilities` (n, 10) are of the form's `exponentials`.
    """

    quantity: str
    row: int | None
    column: int | None
    logits: Floats
    partition_sums: Floats
    probabilities: Floats
    gradient_norm: float


class Mechanism(NamedTuple):
    """How one example broke an update: the cause, the guilty class, and sentences to print."""

    cause: str
    guilty_class: int
    account: str


class Look(NamedTuple):
    """A line style for Matplotlib."""

    color: str
    marker: str
    linestyle: str | tuple[int, tuple[float, ...]]


class LossForm(ABC):
    """A form of the cross-entropy. The forms differ in what overflows, or below 1e-10 in the value.

    `F` is MXNet's namespace of operations: `mx.nd` for arrays, `mx.sym` for a graph. Shapes:
    n examples, k configurations of a stack, 10 classes or as many as the data has. Labels are class
    numbers as floats.
    """

    name: str
    """The name that users type: `loss=NAME`."""

    title: str
    """The name for people, after "the": two words or three."""

    formula: str
    """Its line in the help: the formula and what distinguishes it."""

    description: str
    """What it does, in a clause that goes on from its name."""

    look: Look
    """How a line of this form is drawn."""

    output: str
    """What one of the `scores` is, in words."""

    silent_loss: float | None = None
    """The loss from which on an example is silent; None for a form that has no such examples.

    Silent: the gradient by the label's logit is less than a hundredth of the exact one, p - 1.
    """

    def exponentials(self, F: Any, logits: Array) -> Array:
        """e to the power of the logits (..., 10), as in the lesson."""
        return F.exp(logits)

    @abstractmethod
    def scores(self, F: Any, logits: Array) -> Array:
        """The model's output (n, 10) for logits (n, 10), written as in the lesson."""

    @abstractmethod
    def cross_entropy(self, F: Any, scores: Array, y: Array) -> Array:
        """The loss of each example (n,) from the scores (n, 10), written as in the lesson."""

    @abstractmethod
    def stacked_step(
        self, F: Any, logits: Array, labels: Array, step_sizes: Array, classes: int, dtype: str
    ) -> tuple[Array, Array]:
        """The scores (n, k, 10), and the gradient by the logits (n, k, 10) times the step size.

        `labels` is (n, k), `step_sizes` (1, k, 1), `classes` how many there are, `dtype`
        that of all arrays. Every factor that overflows or underflows under autograd must do so
        here too, so that a model dies at the same update.
        """

    @abstractmethod
    def stacked_losses(self, F: Any, scores: Array, labels: Array, largest: Array) -> Array:
        """The losses (n, k) for `stacked_step`'s scores; `largest` (n, k) is the top class."""

    @abstractmethod
    def forward(self, F: Any, logits: Array, y: Array) -> Iterator[tuple[str, Array]]:
        """Named quantities between the logits and the loss, in the order of computation."""

    @abstractmethod
    def mechanism(self, finding: Finding, row: int, label: int, labels: Sequence[str]) -> Mechanism:
        """How example `row` of a batch, of class `label`, broke the update.

        `labels` are the names of the classes, for the account.
        """

    @abstractmethod
    def finite_examples(self, logits: Floats, labels: Floats) -> npt.NDArray[np.bool_]:
        """Which examples (n,) have a finite loss and gradient, in the dtype of logits (n, 10)."""
