"""The lesson in NumPy float64, independent of MXNet and of the program: formulas from the paper.

Softmax with the maximum subtracted, cross-entropy, the gradient in closed form, plain SGD.
"""

import numpy as np


def probabilities(X, W, b):
    """Class probabilities (n, 10) of images X (n, 784)."""
    logits = X @ W + b
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exp / exp.sum(axis=1, keepdims=True)


def losses(X, y, W, b):
    """-log p of the label, one value per example."""
    return -np.log(probabilities(X, W, b)[np.arange(len(y)), y])


def gradients(X, y, W, b):
    """The gradient of the summed loss by W and by b: X^T (p - onehot(y))."""
    difference = probabilities(X, W, b)
    difference[np.arange(len(y)), y] -= 1
    return X.T @ difference, difference.sum(axis=0)


def hessian(X, W, b):
    """The Hessian of the mean loss, (m, m) with m = (d + 1) c, by the rows of W and then b.

    Example by example: the outer product of the image, with a 1 for the bias, and itself, times
    diag(p) - p p^T.
    """
    whole = 0
    for x, p in zip(X, probabilities(X, W, b), strict=True):
        x = np.append(x, 1)
        whole = whole + np.kron(np.outer(x, x), np.diag(p) - np.outer(p, p))
    return whole / len(X)


def doomed(X, W, b):
    """Whether float32 overflows: in the exponential of a logit, or in 1/p of a class."""
    largest = float(np.finfo(np.float32).max)
    return (X @ W + b).max() > np.log(largest) or probabilities(X, W, b).min() < 1 / largest


def batches(count, batch_size):
    return [slice(start, start + batch_size) for start in range(0, count, batch_size)]


def batch_mean(values, batch_size):
    """The article's estimator: the mean of per-batch means."""
    return np.mean([values[batch].mean() for batch in batches(len(values), batch_size)])


def clipped(by_W, by_b, count, limit):
    """The summed gradient of `count` examples after PyTorch's clipping of their mean's norm."""
    norm = np.sqrt((by_W**2).sum() + (by_b**2).sum()) / count
    factor = min(1, limit / (norm + 1e-6))
    return factor * by_W, factor * by_b


def train(
    train_split, test_split, W, b, *, step_size, batch_size, epochs, order_seed, clip_gradient=None
):
    """Yield the seven figures of each epoch, starting from parameters W and b."""
    X, test_X = (one.images.reshape(len(one.labels), -1) for one in (train_split, test_split))
    X, test_X, W, b = (np.asarray(values, np.float64) for values in (X, test_X, W, b))
    y, test_y = (one.labels.astype(int) for one in (train_split, test_split))
    orders = np.random.RandomState(order_seed)
    for _ in range(epochs):
        order = orders.permutation(len(y))
        seen_losses, seen_hits = [], []
        for batch in batches(len(y), batch_size):
            rows = order[batch]
            seen_losses.append(losses(X[rows], y[rows], W, b))
            seen_hits.append(probabilities(X[rows], W, b).argmax(axis=1) == y[rows])
            by_W, by_b = gradients(X[rows], y[rows], W, b)
            if clip_gradient is not None:
                by_W, by_b = clipped(by_W, by_b, len(rows), clip_gradient)
            W, b = W - step_size * by_W, b - step_size * by_b
        epoch_losses, epoch_hits = np.concatenate(seen_losses), np.concatenate(seen_hits)
        test_hits = probabilities(test_X, W, b).argmax(axis=1) == test_y
        yield {
            "train_loss": epoch_losses.mean(),
            "train_acc": epoch_hits.mean(),
            "train_loss_batch_mean": batch_mean(epoch_losses, batch_size),
            "train_acc_batch_mean": batch_mean(epoch_hits, batch_size),
            "test_loss": losses(test_X, test_y, W, b).mean(),
            "test_acc": test_hits.mean(),
            "test_acc_batch_mean": batch_mean(test_hits, batch_size),
        }
