"""What a training produces: a record per epoch, why it diverged, and what it was computed with.

Plain data with NumPy arrays, so that readers need not import MXNet.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[Any]
"""An array of float32 or float64."""

OUTCOMES = ("trained", "stalled", "diverged")
"""How a run can end; `runner.runs.outcome` decides it."""


@dataclass(frozen=True)
class Record:
    """One column of a stack after `epoch` completed epochs; 0 is the untrained model.

    `metrics` holds `test_loss` (always by log-softmax), `test_acc` and `test_acc_batch_mean`
    and, for a trained epoch, `train_loss`, `train_acc`, `train_loss_batch_mean` and
    `train_acc_batch_mean`, measured while the parameters change. A name without a suffix is the
    mean over examples (pooled); `_batch_mean` is the article's mean of per-batch means.
    `train_silent`, of forms that have such examples, counts the training examples of the epoch
    whose gradient was less than a hundredth of the exact one (`LossForm.silent_loss`).

    `diverged_update` is the number of updates completed before the first non-finite loss,
    None while all losses and parameters are finite. `last_finite_batch_loss` is the mean
    loss of the last batch before that. `W` (pixels, classes) and `b` (classes,) are the
    parameters.
    """

    column: int
    epoch: int
    metrics: dict[str, float]
    W: Floats
    b: Floats
    diverged_update: int | None = None
    last_finite_batch_loss: float | None = None


@dataclass(frozen=True)
class PostMortem:
    """What first became non-finite, and how.

    `cause` is one of
    - `exp_overflow`: e^logit is inf, so that inf / inf is nan;
    - `sum_underflow`: the partition sum (or its square, in the quotient's gradient) is 0;
    - `zero_probability`: a probability underflowed to 0, its log is -inf;
    - `reciprocal_overflow`: a probability is above 0, but 1/p overflows in the log's gradient;
    - `gradient_overflow`: 1/p is finite, but the gradient overflows where 1/p is divided by the
      partition sum, or in the gradient by the parameters;
    - `parameter_overflow`: the parameters themselves grew out of range;
    - `unknown`: the replay did not reach the same update or could not explain it.

    `update` counts from 1: the update whose batch first held something non-finite. `example`
    is the position of the guilty image in the training file; `label` and `guilty_class` are
    classes, from 0 on. `logits`, one for each class, their largest and smallest, and the smallest
    probability belong to that image. All of these are None where no single example is
    to blame. Norms are Euclidean: those of the parameters are taken before that update, that of
    the gradient is for the batch's summed loss.
    """

    cause: str
    sentence: str
    epoch: int
    update: int
    quantity: str | None = None
    example: int | None = None
    label: int | None = None
    guilty_class: int | None = None
    logits: tuple[float, ...] | None = None
    largest_logit: float | None = None
    smallest_logit: float | None = None
    smallest_probability: float | None = None
    weight_norm: float | None = None
    bias_norm: float | None = None
    gradient_norm: float | None = None

    def to_json(self) -> str:
        """The fields as JSON, with non-finite values written as text."""
        return json.dumps(_without_nan(asdict(self)), indent=1, allow_nan=False)


@dataclass(frozen=True)
class Trained:
    """A trained configuration: its records, and a post-mortem if it diverged.

    `stack_width` is the number of configurations that began together. `blas_kernel` and
    `threads` are those of the process that trained them.
    """

    records: Sequence[Record]
    post_mortem: PostMortem | None
    stack_width: int
    blas_kernel: str
    threads: int


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(one) for one in value]
    return value if not isinstance(value, float) or np.isfinite(value) else str(value)
