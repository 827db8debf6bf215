"""MXNet's normal draws on a CPU, computed in NumPy for the C++ library of any system."""

import math

import numpy as np
import numpy.typing as npt

from runner.data import LESSON_SHAPE
from runner.draws.library import Library

GENERATORS = 1024
SEED_STRIDE = 127
PER_GENERATOR = 64
"""Numbers of a draw for which MXNet takes a further generator, as long as it has one."""


class Generators:
    """MXNet's generators after `mx.random.seed(seed)`, on a system with this C++ library.

    MXNet from 1.0 on has 1,024 Mersenne Twisters, of the seeds 127 * `seed` + 0, 1, 2, ... A draw
    is cut into equal parts, one for each generator. Each goes on where its last draw ended, so
    the order of the draws decides their numbers. Source: MXNet's `random_generator.h` and
    `sample_op.h`.
    """

    def __init__(self, library: Library, seed: int) -> None:
        self.library, self.seed = library, seed
        self._engine = np.random.RandomState()
        self._made: dict[int, npt.NDArray[np.float32]] = {}
        self._taken: dict[int, int] = {}

    def normal(self, shape: tuple[int, ...], scale: float = 1.0) -> npt.NDArray[np.float32]:
        """What `mx.random.normal(scale=scale, shape=shape)` draws next: N(0, scale^2)."""
        count = math.prod(shape)
        parts = min(-(-count // PER_GENERATOR), GENERATORS)
        size = -(-count // parts)
        starts = range(0, count, size)
        drawn = [self._take(place, min(size, count - at)) for place, at in enumerate(starts)]
        numbers = np.concatenate(drawn) * np.float32(scale)
        return (numbers + np.float32(0)).reshape(shape)  # the mean, which turns -0 into 0

    def _take(self, place: int, count: int) -> npt.NDArray[np.float32]:
        """The next numbers of one generator."""
        start = self._taken.get(place, 0)
        self._taken[place] = end = start + count
        made = self._made.get(place, np.empty(0, np.float32))
        pairs = end
        while len(made) < end:  # about 79 of 100 pairs lie in the circle
            pairs = 2 * pairs + 8
            self._engine.seed((SEED_STRIDE * self.seed + place) % 2**32)
            made = self.library.numbers(np.frombuffer(self._engine.bytes(8 * pairs), "<u4"))
        self._made[place] = made
        return made[start:end]


def initial_parameters(
    library: Library, seed: int, sigma: float, shape: tuple[int, int] = LESSON_SHAPE
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """W (784, 10), then b (10,), as the lesson draws them from N(0, sigma^2).

    `shape` is that of W.
    """
    generators = Generators(library, seed)
    return generators.normal(shape, sigma), generators.normal(shape[1:], sigma)
