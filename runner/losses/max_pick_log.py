"""`max_pick_log`: subtracts the largest logit in the softmax, then takes the article's log."""

from typing import Any

import numpy as np
import numpy.typing as npt

from runner.losses.form import Array, Look
from runner.losses.pick_log import PickLog
from runner.records import Floats


class MaxPickLog(PickLog):
    """-pick(log(softmax(X - max(X))), y): no e^X overflows, but a probability can still be 0.

    The gradient by the maximum is left out of the stack: it is minus the sum of those by the other
    logits, which is 0 but for rounding, and not finite only where one of them is not.
    """

    name = "max_pick_log"
    title = "half-stable loss"
    formula = "-pick(log(softmax)), the largest logit subtracted in the softmax"
    description = "subtracts the largest logit in the softmax, then takes the article's log"
    look = Look("#d55e00", "D", (0, (1, 1)))

    def exponentials(self, F: Any, logits: Array) -> Array:
        return F.exp(F.broadcast_sub(logits, F.max(logits, axis=-1, keepdims=True)))

    def finite_examples(self, logits: Floats, labels: Floats) -> npt.NDArray[np.bool_]:
        with np.errstate(invalid="ignore"):
            shifted = logits - logits.max(axis=1, keepdims=True)
        return super().finite_examples(shifted, labels)


MAX_PICK_LOG = MaxPickLog()
