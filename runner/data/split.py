"""The examples of a split, as training and report use them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Split:
    """One split: images (n, height, width) and labels (n,), both float32.

    Pixels are from 0 to 1, or what a user's own floats are.
    """

    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.float32]

    def first(self, limit: int | None) -> "Split":
        """The first `limit` examples, or all for None; a view, not a copy."""
        return Split(self.images[:limit], self.labels[:limit])
