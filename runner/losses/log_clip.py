"""`log_clip`: clips the probabilities before the log."""

import math
from typing import Any

from runner.losses.floored import FLOOR, FlooredForm
from runner.losses.form import Array, Look


class LogClip(FlooredForm):
    """-pick(log(clip(softmax(X), 1e-10, 1)), y). What is clipped has no gradient at all."""

    name = "log_clip"
    title = "clipped loss"
    formula = "-pick(log(clip(softmax, 1e-10, 1)))"
    description = "clips probabilities at 1e-10, which changes the loss where one is smaller"
    look = Look("#8c6d00", "P", (0, (3, 1, 1, 1, 1, 1)))
    silent_loss = -math.log(FLOOR) - 1e-5  # the loss of what is clipped; its float32 is 1e-6 off

    def floored(self, F: Any, p: Array) -> Array:
        return F.maximum(p, FLOOR)  # no p is above 1; the bounds of F.clip are float32

    def slope(self, F: Any, p: Array) -> Array:
        return F.reciprocal(self.floored(F, p)) * (p >= FLOOR)


LOG_CLIP = LogClip()
