"""What a training gives: records of its epochs, why it diverged, and what trained it.

Plain data, of NumPy arrays: whoever reads it need not import MXNet.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[Any]
"""An array of float32 or float64."""


@dataclass(frozen=True)
class Record:
    """What is known of one column after `epoch` completed epochs; 0 is the untrained model.

    `metrics` holds `test_loss` (always by log-softmax), `test_acc` and `test_acc_batch_mean`
    and, for a trained epoch, `train_loss`, `train_acc`, `train_loss_batch_mean` and
    `train_acc_batch_mean`, taken while the parameters move. Without suffix: the mean over
    examples (pooled); `_batch_mean`: the article's mean of per-batch means.

    `diverged_update` is the number of updates completed before the first non-finite loss,
    None while all losses and parameters are finite. `last_finite_batch_loss` is the mean
    loss of the last batch before that. `W` (784, 10) and `b` (10,) are the parameters.
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
    """What was first not finite, and how it came to that.

    `cause` is one of
    - `exp_overflow`: e^logit is inf, so that inf / inf is nan;
    - `sum_underflow`: the partition sum (or its square, in the quotient's gradient) is 0;
    - `zero_probability`: a probability underflowed to 0, its log is -inf;
    - `reciprocal_overflow`: a probability is above 0, but 1/p overflows in the log's gradient;
    - `gradient_overflow`: 1/p is finite, but the gradient overflows where 1/p is divided by the
      partition sum, or in the gradient by the parameters;
    - `parameter_overflow`: the parameters themselves grew out of range;
    - `unknown`: the replay did not reach the same update, or not explain it, so nothing is claimed.

    `update` counts from 1: the update whose batch first held something not finite. `example`
    is the position of the guilty image in the training file, `label` and `guilty_class` are
    classes 0 to 9; the three are None where no single example is to blame, as are the figures
    of its `logits` (10,), of the largest and smallest of them, and of its smallest float32
    probability. Norms are Euclidean: of the parameters before that update and of the gradient
    of the batch's summed loss.
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
        """The fields as JSON; a value that is not finite is written as text."""
        return json.dumps(_without_nan(asdict(self)), indent=1, allow_nan=False)


@dataclass(frozen=True)
class Trained:
    """One configuration trained: its records, and why it diverged where it did.

    `stack_width` is the number of configurations that began together; `blas_kernel` and
    `threads` are what the process that trained them computed with.
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
