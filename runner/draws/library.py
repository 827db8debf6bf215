"""How a C++ standard library makes a normal number of a generator's words."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WORD = np.float32(2.0**32)


@dataclass(frozen=True)
class Library:
    """A C++ library, by what sets its `std::normal_distribution<float>` apart from others.

    All use the polar method (Marsaglia and Bray 1964): a point (x, y), drawn until it lies in the
    unit circle, gives two normal numbers. A fresh distribution returns one of them, and `kept`
    says which: 0 for that of x, 1 for that of y. MXNet makes a distribution for every number, so
    that the other one is lost.
    """

    title: str
    kept: int

    def numbers(self, words: npt.NDArray[np.uint32]) -> npt.NDArray[np.float32]:
        """The normal numbers that these words of a generator give; an even number of words."""
        points = (2 * (words.astype(np.float32) / WORD) - 1).reshape(-1, 2)
        radii = points[:, 0] * points[:, 0] + points[:, 1] * points[:, 1]
        inside = (radii <= 1) & (radii > 0)
        radii = radii[inside]
        logs = np.log(radii.astype(np.float64)).astype(np.float32)
        numbers: npt.NDArray[np.float32] = points[inside, self.kept] * np.sqrt(-2 * logs / radii)
        return numbers


LINUX = Library("GNU's C++ library, as on Linux", kept=1)
MACOS = Library("the C++ library of macOS", kept=0)
