"""Draws: whose random numbers the initial parameters are.

MXNet draws with the C++ library of its system, so that a seed gives other parameters on a Mac than
on Linux. `Generators` computes either in NumPy, without MXNet; what users can choose is listed
in `DRAWS`. `last_bit_flipped` changes a draw by the least that can be.
"""

from dataclasses import dataclass

from runner.draws.generators import Generators, initial_parameters
from runner.draws.library import LINUX, MACOS, Library
from runner.draws.rounding import last_bit_flipped


@dataclass(frozen=True)
class Draws:
    """A source of initial parameters; `draws=NAME` chooses it.

    `library` is the C++ library whose draws are computed; None where MXNet itself draws.
    """

    name: str
    summary: str
    library: Library | None = None


DRAWS: dict[str, Draws] = {
    one.name: one
    for one in (
        Draws("mxnet", "as MXNet draws them on this machine"),
        Draws("macos", "as MXNet 1.x draws them on a Mac, where the article ran", MACOS),
    )
}
"""Each source by the name that users type; the first is the default."""

__all__ = [
    "DRAWS",
    "LINUX",
    "MACOS",
    "Draws",
    "Generators",
    "Library",
    "initial_parameters",
    "last_bit_flipped",
]
