"""`log_eps`: adds a small number inside the log."""

import math
from typing import Any

from runner.losses.floored import FLOOR, FlooredForm
from runner.losses.form import Array, Look


class LogEps(FlooredForm):
    """-pick(log(softmax(X) + 1e-10), y). The gradient shrinks by the factor p / (p + 1e-10)."""

    name = "log_eps"
    title = "epsilon loss"
    formula = "-pick(log(softmax + 1e-10))"
    description = (
        "adds 1e-10 inside the log, which changes the loss where a probability is that small"
    )
    look = Look("#009e73", "v", (0, (5, 1)))
    silent_loss = -math.log(FLOOR / 0.99)  # p / (p + FLOOR) is a hundredth

    def floored(self, F: Any, p: Array) -> Array:
        return p + FLOOR

    def slope(self, F: Any, p: Array) -> Array:
        return F.reciprocal(p + FLOOR)


LOG_EPS = LogEps()
