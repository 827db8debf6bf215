"""`log_pick`: takes the log of the label's probability only."""

from typing import Any

import numpy as np
import numpy.typing as npt

from runner.losses.form import Array, Look
from runner.losses.unguarded import UnguardedForm
from runner.records import Floats


class LogPick(UnguardedForm):
    """-log(pick(softmax(X), y)): the same value, but its gradient holds 1/p of the label only."""

    name = "log_pick"
    title = "label-only loss"
    formula = "-log(pick(softmax))"
    description = "takes the log of the label's probability only"
    look = Look("#e69f00", "s", "-.")

    def cross_entropy(self, F: Any, scores: Array, y: Array) -> Array:
        return -F.log(F.pick(scores, y))

    def log(self, F: Any, p: Array, y: Array) -> Array:
        return F.log(F.pick(p, y))

    def guilty_class(self, p: Floats, label: int) -> int:
        return label

    def finite_where_needed(
        self, finite: npt.NDArray[np.bool_], labels: Floats
    ) -> npt.NDArray[np.bool_]:
        of_label: npt.NDArray[np.bool_] = finite[np.arange(len(labels)), labels.astype(int)]
        return of_label


LOG_PICK = LogPick()
