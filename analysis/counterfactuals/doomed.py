"""Doomed models: those with a gradient that is not finite before the first update."""

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.float32]


def doomed_examples(
    images: Images, labels: Images, W: Images, b: Images
) -> dict[str, npt.NDArray[np.bool_]]:
    """Which examples have a loss or gradient that is not finite, for each form of the loss.

    `images` (n, 784) and `labels` (n,) are float32, `W` (784, 10) and `b` (10,) the parameters.
    The quantities are those of the lesson in float32: e^X, its sum over the classes, the
    probability p, and 1/p in the gradient of the log: of every class in `pick_log`, of the
    label's in `log_pick`. `log_softmax` divides by none of them: it needs finite logits only.

    Returns an array of bool (n,) by the name of the form.
    """
    logits = images @ W.astype(np.float32) + b.astype(np.float32)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        exponentials = np.exp(logits)
        probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
        sound = np.isfinite(probabilities) & np.isfinite(1 / probabilities)
    of_label = sound[np.arange(len(labels)), labels.astype(int)]
    return {
        "pick_log": ~sound.all(axis=1),
        "log_pick": ~of_label,
        "log_softmax": ~np.isfinite(logits).all(axis=1),
    }
