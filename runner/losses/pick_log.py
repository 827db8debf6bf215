"""`pick_log`, the article's form: takes the log of every probability, then picks the label's."""

from typing import Any

import numpy as np
import numpy.typing as npt

from runner.losses.form import Array, Look
from runner.losses.unguarded import UnguardedForm
from runner.records import Floats


class PickLog(UnguardedForm):
    """-pick(log(softmax(X)), y). Its gradient holds 0 * 1/p for *every* class: 0 * inf is nan."""

    name = "pick_log"
    title = "article's loss"
    formula = "-pick(log(softmax)), the article's"
    description = "takes the log of every class's probability, then picks the label's"
    look = Look("#7b4173", "o", "-")

    def cross_entropy(self, F: Any, scores: Array, y: Array) -> Array:
        return -F.pick(F.log(scores), y)

    def shared_gradient(self, F: Any, gradient: Array, p: Array, classes: int, dtype: str) -> Array:
        # For the other classes the gradient of log(p) is 0 * 1/p: 0 or nan.
        return gradient + F.dot(F.reciprocal(p), F.zeros((classes, 1), dtype=dtype))

    def log(self, F: Any, p: Array, y: Array) -> Array:
        return F.log(p)

    def guilty_class(self, p: Floats, label: int) -> int:
        return int(np.argmin(p))

    def finite_where_needed(
        self, finite: npt.NDArray[np.bool_], labels: Floats
    ) -> npt.NDArray[np.bool_]:
        return np.asarray(finite.all(axis=1))


PICK_LOG = PickLog()
