"""A draw changed by the least that can be, as by a program that rounds otherwise."""

import numpy as np
import numpy.typing as npt


def last_bit_flipped(W: npt.NDArray[np.float32], number: int) -> npt.NDArray[np.float32]:
    """W (784, 10) with the last bit of its `number`-th number flipped; from 1, in order of drawing.

    The number belongs to pixel (`number` - 1) // 10 and class (`number` - 1) % 10, for 10
    classes. 0 flips none.
    """
    if number == 0:
        return W
    flipped = W.copy()
    flipped.reshape(-1).view(np.uint32)[number - 1] ^= 1
    return flipped
