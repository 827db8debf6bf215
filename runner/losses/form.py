"""What makes a form of the loss: its formula, its update in a stack, and how it dies."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from runner.records import Floats

Array = Any
"""An array of MXNet: an `NDArray`, or a `Symbol` in a graph."""


@dataclass(frozen=True)
class Finding:
    """The first quantity of a batch that is not finite, in the order of computation.

    `row` and `column` point to the first such value: the example in the batch and the class;
    None for a quantity that belongs to no example or to no class. `logits` (n, 10),
    `partition_sums` (n,) and `probabilities` (n, 10) are those of the lesson's softmax.
    """

    quantity: str
    row: int | None
    column: int | None
    logits: Floats
    partition_sums: Floats
    probabilities: Floats
    gradient_norm: float


class Mechanism(NamedTuple):
    """How one example broke an update: the cause, the class to blame, and a clause that says it."""

    cause: str
    guilty_class: int
    clause: str


class Look(NamedTuple):
    """How Matplotlib draws a line."""

    color: str
    marker: str
    linestyle: str


class LossForm(ABC):
    """A form of the cross-entropy: the mathematics of all is the same, what overflows is not.

    `F` is MXNet's namespace of operations, `mx.nd` for arrays or `mx.sym` for a graph. Shapes:
    n examples, k configurations of a stack, 10 classes. Labels are class numbers as floats.
    """

    name: str
    """What users type: `loss=NAME`."""

    title: str
    """Its name for people, as in "the article's loss"."""

    formula: str
    """One line of the help: the formula, and what it is known for."""

    look: Look
    """How a line of this form is drawn."""

    output: str
    """What `scores` are, one of them, in words."""

    @abstractmethod
    def scores(self, F: Any, logits: Array) -> Array:
        """What the model gives out (n, 10) for logits (n, 10), as the lesson writes it."""

    @abstractmethod
    def cross_entropy(self, F: Any, scores: Array, y: Array) -> Array:
        """The loss of each example (n,) from the scores (n, 10), as the lesson writes it."""

    @abstractmethod
    def stacked_step(
        self, F: Any, logits: Array, labels: Array, step_sizes: Array
    ) -> tuple[Array, Array]:
        """The scores (n, k, 10), and the gradient by the logits (n, k, 10) times the step size.

        `labels` is (n, k), `step_sizes` (1, k, 1). A factor that overflows or underflows under
        autograd must do so here, so that a model dies at the same update.
        """

    @abstractmethod
    def stacked_losses(self, F: Any, scores: Array, labels: Array, largest: Array) -> Array:
        """The losses (n, k) of `stacked_step`'s scores; `largest` (n, k) is the likeliest class."""

    @abstractmethod
    def forward(self, F: Any, logits: Array, y: Array) -> Iterator[tuple[str, Array]]:
        """The quantities between the logits and the loss by name, in the order of computation."""

    @abstractmethod
    def mechanism(self, finding: Finding, row: int, label: int, labels: Sequence[str]) -> Mechanism:
        """How a finding in example `row` of a batch, of class `label`, broke the update.

        `labels` are the names of the classes, for the clause.
        """

    @abstractmethod
    def finite_examples(self, logits: Floats, labels: Floats) -> npt.NDArray[np.bool_]:
        """Whether loss and gradient of each example (n,) are finite, for float32 logits (n, 10)."""
