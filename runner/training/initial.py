"""A configuration's initial parameters: drawn by MXNet, or computed as another library draws."""

from runner import draws
from runner.data import LESSON_SHAPE
from runner.draws import DRAWS
from runner.records import Floats
from runner.training import lesson


def initial_parameters(
    source: str,
    seed: int,
    sigma: float,
    rounding: int = 0,
    shape: tuple[int, int] = LESSON_SHAPE,
    dtype: str = "float32",
) -> tuple[Floats, Floats]:
    """W (784, 10) and b (10,) from N(0, sigma^2); `source` is a name of `DRAWS`.

    `rounding` is the number of W whose last bit is flipped, from 1; 0 for none. `shape` is that of
    W. In float32 they are drawn and rounded, whatever `dtype` they are given in.
    """
    library = DRAWS[source].library
    if library is not None:
        W, b = draws.initial_parameters(library, seed, sigma, shape)
    else:
        W, b = (drawn.asnumpy() for drawn in lesson.init_parameters(seed, sigma, shape))
    return draws.last_bit_flipped(W, rounding).astype(dtype), b.astype(dtype)
