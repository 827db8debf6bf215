"""The frozen-model test: is a printed training what a model that never moved would print?

A frozen model's test accuracy never changes. Its training figures change only because each
shuffle puts other examples into the small last batch, and only by whole steps. What no frozen
model can print has p = 0; the rest is compared with simulated untrained models: the jitter of
the training figures over the epochs, and the level of all figures.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.printed.frozen.lattice import Lattice, last_batch_size, on_lattice
from analysis.printed.frozen.monte_carlo import Component, compare
from analysis.printed.frozen.rows import Printed
from analysis.printed.frozen.untrained import Untrained, rows_of_epochs
from analysis.printed.table import decimals
from analysis.statistics import Floats

LEVEL = 0.05
"""A row is called frozen if its p-value is above this."""

LOSS_JITTER, ACCURACY_JITTER = "jitter of the training loss", "jitter of the training accuracy"
LOSS, ACCURACY, TEST_ACCURACY = "training loss", "training accuracy", "test accuracy"


@dataclass(frozen=True)
class Verdict:
    """Whether a printed sequence is what a frozen model prints.

    - `p_value`: the share of frozen models that print something at least as unlikely; None where
      no models were simulated, and only the exact parts speak;
    - `sentence`: the verdict and its reason in plain words. What it excludes is a step that
      changes figures by more than they differ from epoch to epoch, and no smaller one;
    - `impossible`: why no frozen model can print this, then the p-value is 0; else None;
    - `lattice`: the training accuracies on their lattice; None where there is none, or where the
      test accuracy has decided already;
    - `components`: what the p-value combines, none where the sequence is impossible. A jitter is
      a standard deviation over the epochs, a level a mean over them.
    """

    name: str
    p_value: float | None
    sentence: str
    impossible: str | None
    lattice: Lattice | None
    components: tuple[Component, ...]

    @property
    def frozen(self) -> bool:
        """Whether nothing speaks against a frozen model."""
        return self.impossible is None and (self.p_value is None or self.p_value > LEVEL)


def judge(printed: Printed, untrained: Untrained) -> Verdict:
    """Test the hypothesis that the model of a printed training never moved.

    Arguments
    - printed: the figures of two epochs or more, or of one that is nan;
    - untrained: models simulated for its batch size and its spread of the parameters, with at
      least as many shuffles as it has epochs.

    Raises `ValueError` for a single finite epoch or more epochs than simulated shuffles.
    """
    exact = judge_exactly(printed, untrained.examples, untrained.batch_size)
    if exact.impossible:
        return exact
    epochs, shuffles = len(printed.train_loss), untrained.last_loss.shape[1]
    if epochs > shuffles:
        raise ValueError(f"expected 2 to {shuffles} epochs of {printed.name}, found {epochs}")
    constant = _constant(printed, untrained.examples, untrained.batch_size)
    found = _figures(
        np.array(printed.train_loss, np.float64),
        np.array(printed.train_acc, np.float64),
        np.array(printed.test_acc[0], np.float64),
        constant,
    )
    p_value, components = compare(
        {name: float(value) for name, value in found.items()},
        _simulated_figures(untrained, printed, constant),
        frozenset({LOSS_JITTER, ACCURACY_JITTER}),
    )
    sentence = _sentence(printed.name, epochs, p_value, exact.lattice, components)
    return Verdict(printed.name, p_value, sentence, None, exact.lattice, components)


def judge_exactly(printed: Printed, examples: int, batch_size: int) -> Verdict:
    """The same by what needs no simulated models: test accuracy, and the lattice of these sizes.

    `examples` is the number of training examples. Raises `ValueError` for a single finite epoch.
    """
    constant = _constant(printed, examples, batch_size)
    lattice = None
    reason = _not_finite(printed)
    if not reason and len(printed.train_loss) < 2:
        raise ValueError(f"expected two epochs or more of {printed.name}, found 1")
    reason = reason or _changed(TEST_ACCURACY, printed.test_acc)
    if not reason and constant:
        reason = _changed(ACCURACY, printed.train_acc)
        # A sum of float32 losses depends on their order.
        reason = reason or _changed(LOSS, printed.train_loss, flicker=1)
    elif not reason:
        lattice = on_lattice(printed.train_acc, examples, batch_size)
        reason = None if lattice.possible else _off_lattice(printed.train_acc, examples, batch_size)
    if reason:
        sentence = f"{printed.name}: a model that never moved cannot print this: {reason}."
        return Verdict(printed.name, 0.0, sentence, reason, lattice, ())
    sentence = (
        f"{printed.name}: a model that never moved can print these accuracies. Loss and jitter "
        "were not compared, because no models were simulated."
    )
    return Verdict(printed.name, None, sentence, None, lattice, ())


def _constant(printed: Printed, examples: int, batch_size: int) -> bool:
    """Whether a frozen model prints the same training figures in every epoch."""
    return printed.pooled or last_batch_size(examples, batch_size) == batch_size


def _not_finite(printed: Printed) -> str | None:
    figures = (*printed.train_loss, *printed.train_acc, *printed.test_acc)
    broken = [text for text in figures if not math.isfinite(float(text))]
    return f"a figure is {broken[0]}, so the parameters must have changed" if broken else None


def _changed(what: str, texts: Sequence[str], flicker: int = 0) -> str | None:
    """What is said of a figure that changes by more than `flicker` of its last digit."""
    digits = [round(float(text) * 10 ** decimals(texts[0])) for text in texts]
    if max(digits) - min(digits) <= flicker:
        return None
    changed = next(text for text in texts if text != texts[0])
    return f"the {what} changes from {texts[0]} to {changed}"


def _off_lattice(accuracies: Sequence[str], examples: int, batch_size: int) -> str:
    first = accuracies[0]
    for text in accuracies[1:]:
        if not on_lattice((first, text), examples, batch_size).possible:
            return f"no order of the examples turns a training accuracy of {first} into {text}"
    return "no single model has all these training accuracies, whatever the order of the examples"


def _simulated_figures(untrained: Untrained, printed: Printed, constant: bool) -> dict[str, Floats]:
    """The figures of the simulated models, rounded as the printed ones are; (K, R) each."""
    train = (
        (untrained.loss, untrained.accuracy)
        if constant
        else (untrained.train_loss, untrained.train_accuracy)
    )
    tested = untrained.test_accuracy_pooled if printed.pooled else untrained.test_accuracy
    epochs = 1 if constant else len(printed.train_loss)
    loss, accuracy = (rows_of_epochs(figures, epochs) for figures in train)
    return _figures(
        loss.round(decimals(printed.train_loss[0])),
        accuracy.round(decimals(printed.train_acc[0])),
        np.broadcast_to(tested, loss.shape[:2]).round(decimals(printed.test_acc[0])),
        constant,
    )


def _figures(loss: Floats, accuracy: Floats, tested: Floats, constant: bool) -> dict[str, Floats]:
    """What is compared, from figures with the epochs along the last axis."""
    jitters = {LOSS_JITTER: loss, ACCURACY_JITTER: accuracy}
    return {
        LOSS: loss.mean(axis=-1),
        ACCURACY: accuracy.mean(axis=-1),
        TEST_ACCURACY: tested,
        **{name: row.std(axis=-1, ddof=1) for name, row in jitters.items() if not constant},
    }


def _sentence(
    name: str,
    epochs: int,
    p_value: float,
    lattice: Lattice | None,
    components: Sequence[Component],
) -> str:
    if p_value <= LEVEL:
        worst = min(components, key=lambda component: component.p_value)
        return (
            f"{name}: a model that never moved is unlikely to print this (p = {p_value:.2g}). The "
            f"{worst.name} is {worst.found:.4g}. For 95 % of untrained models it is "
            f"{worst.low:.4g} to {worst.high:.4g}."
        )
    reasons = [f"The test accuracy is the same to the last digit in all {epochs} epochs."]
    if lattice and lattice.steps:
        most = max(map(abs, lattice.steps))
        reasons.append(
            f"The training accuracies differ from the first by whole steps, {most} at most. A step "
            "is one example more or less right in the last batch. By chance the same holds for "
            f"1 of {1 / lattice.chance:.0f} models that move enough to mix their counts of right "
            "answers. It also holds for some models that move less than these figures differ."
        )
    reasons.append("Loss and accuracies are those of an untrained model, and jitter no more.")
    return (
        f"{name}: a model that never moved, or by too little to show, would print such figures "
        f"(p = {p_value:.2g}). {' '.join(reasons)}"
    )
