"""Which training accuracies a model that never moves can print: exact integer arithmetic.

With c of N examples correct, j of them in the last batch of m, the mean of the B batch means is
((c - j) / batch_size + j / m) / B. Only j changes with the order, so the printed accuracies of
a frozen model lie whole steps of (1 / m - 1 / batch_size) / B apart.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from analysis.printed.table import MOST_DECIMALS, decimals

SLACK = Fraction(1, 10**9)
"""What the float32 means of a program may add to half a printed digit."""


@dataclass(frozen=True)
class Lattice:
    """Printed training accuracies beside the lattice of a frozen model.

    - `possible`: some c, and some j in each epoch, print exactly these figures;
    - `differences`: each epoch's difference from the first, in steps of one correct example
      moved into the last batch;
    - `steps`: the same as whole numbers; empty where the figures do not fix them;
    - `chance`: the share of a moving model's rows that would lie on the lattice by chance, were
      its figures as close together as a frozen model's, and the examples that it gets right
      others in every epoch. One that moves less keeps its count of right examples, and with it
      the lattice.
    """

    possible: bool
    differences: tuple[float, ...]
    steps: tuple[int, ...]
    chance: float


def last_batch_size(examples: int, batch_size: int) -> int:
    """The number of examples in an epoch's last batch."""
    return examples - (examples - 1) // batch_size * batch_size


def on_lattice(printed: Sequence[str], examples: int, batch_size: int) -> Lattice:
    """Look for one frozen model, and a last batch in each epoch, that print these accuracies.

    Arguments
    - printed: the training accuracy of each epoch as printed, a mean of batch means;
    - examples, batch_size: the number of training examples, all in and in a batch.

    Raises `ValueError` for an accuracy with more than nine decimals, and where the last batch is
    full: then there is no lattice, a frozen model prints one figure.
    """
    last = last_batch_size(examples, batch_size)
    spare = batch_size - last
    if not spare:
        raise ValueError(f"{examples} examples fill all batches of {batch_size}")
    if max(map(decimals, printed)) > MOST_DECIMALS:
        raise ValueError(f"expected at most {MOST_DECIMALS} decimals, found {printed}")
    # In units of 1 / scale an accuracy is the integer c * last + j * spare.
    scale = math.ceil(examples / batch_size) * batch_size * last
    middles = [Fraction(text) for text in printed]
    halves = [Fraction(1, 2 * 10 ** decimals(text)) + SLACK for text in printed]
    pairs = list(zip(middles, halves, strict=True))
    low = np.array([math.ceil((middle - half) * scale) for middle, half in pairs])
    high = np.array([math.floor((middle + half) * scale) for middle, half in pairs])
    # All c that no epoch rules out for lack of correct examples, then j by c and by epoch.
    first = max(0, -int((last * spare - low.max()) // last))
    correct = np.arange(first, min(examples, int(high.min()) // last) + 1)[:, None]
    least = np.maximum(-((correct * last - low) // spare), last - (examples - correct))
    least = np.maximum(least, 0)
    most = np.minimum((high - correct * last) // spare, np.minimum(last, correct))
    possible = (least <= most).all(axis=1)
    return Lattice(
        possible=bool(possible.any()),
        differences=tuple(float((middle - middles[0]) * scale / spare) for middle in middles),
        steps=_steps(least[possible], most[possible]),
        chance=_chance(halves, scale, last, spare),
    )


def _steps(least: npt.NDArray[np.int64], most: npt.NDArray[np.int64]) -> tuple[int, ...]:
    if not len(least) or (least < most).any():
        return ()
    steps = np.unique(least - least[:, :1], axis=0)
    return tuple(map(int, steps[0])) if len(steps) == 1 else ()


def _chance(halves: Sequence[Fraction], scale: int, last: int, spare: int) -> float:
    """A moving model prints multiples of gcd(last, spare): every how many fits by its digits?"""
    finest = math.gcd(last, spare)
    first, *later = (_alike(2 * half * scale / finest) for half in halves)
    shares = [(first + other - 1) * finest / spare for other in later]
    return float(math.prod(min(Fraction(1), share) for share in shares))


def _alike(width: Fraction) -> Fraction:
    """How many whole numbers print the same digits, on average over them; digits `width` apart."""
    whole = math.floor(width)
    rest = width - whole  # the share of digits that one more prints
    return ((1 - rest) * whole**2 + rest * (whole + 1) ** 2) / width
