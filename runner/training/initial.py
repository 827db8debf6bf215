"""A configuration's initial parameters: drawn by MXNet, or computed as another library draws."""

from runner import draws
from runner.draws import DRAWS
from runner.records import Floats
from runner.training import lesson


def initial_parameters(source: str, seed: int, sigma: float) -> tuple[Floats, Floats]:
    """W (784, 10) and b (10,) from N(0, sigma^2); `source` is a name of `DRAWS`."""
    library = DRAWS[source].library
    if library is not None:
        return draws.initial_parameters(library, seed, sigma)
    W, b = lesson.init_parameters(seed, sigma)
    return W.asnumpy(), b.asnumpy()
