"""How much the training loss curves: the largest eigenvalue of its Hessian, by power iteration.

For softmax regression the Hessian of the mean cross-entropy by W and b together has a closed
form: with p (n, c) the probabilities, x an image with a 1 appended for the bias,
H V = X^T [(diag(p) - p p^T) (X V)] / n, row by row. It is the same for all forms of the loss.
Gradient descent on a quadratic with this Hessian diverges above learning rate 2 / eigenvalue.

Several models are taken at once, as columns of one matrix: images are read once for all.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[Any]
"""An array of float32 or float64."""

TOLERANCE = 1e-2
"""Largest residual |H v - e v| / e of a unit vector v at which e counts as an eigenvalue.

The error of e itself was a tenth of that or less, for 26 trained models against 1e-3.
"""

FEWER = 10
"""One image of so many takes part in the first products."""

LIMIT = 500
"""Products after which the iteration over some images gives up."""


def probabilities(images: Floats, W: Floats, b: Floats) -> Floats:
    """Class probabilities (n, k, c) of images (n, d) under k models W (d, k, c), b (k, c)."""
    p = _scores(images, W, b)
    p -= p.max(axis=2, keepdims=True)  # in place: p is large
    np.exp(p, out=p)
    p /= p.sum(axis=2, keepdims=True)
    return p


def hessian_product(images: Floats, p: Floats, V: Floats) -> Floats:
    """The Hessian of the mean cross-entropy times V (d + 1, k, c), model by model.

    `images` (n, d) and `p` (n, k, c), the probabilities. The last row of V and of the result
    belongs to the bias. Everything is computed in the type of the arguments.
    """
    change = _scores(images, V[:-1], V[-1])
    weighted = p * change
    curved = weighted - p * weighted.sum(axis=2, keepdims=True)
    by_W = (curved.reshape(len(images), -1).T @ images).T.reshape(V[:-1].shape)
    product: Floats = np.concatenate([by_W, curved.sum(axis=0)[None]])
    product /= len(images)
    return product


def largest_eigenvalues(
    images: Floats,
    W: Floats,
    b: Floats,
    generator: np.random.Generator,
    *,
    tolerance: float = TOLERANCE,
    limit: int = LIMIT,
) -> npt.NDArray[np.float64]:
    """The largest eigenvalue of the training loss's Hessian, of each of k models.

    `images` (n, d) the training images, `W` (d, k, c) and `b` (k, c) finite parameters;
    `generator` draws the vectors to start from. A tenth of the images turns them towards the
    right ones, so that few products need all images. A model is done when its residual is below
    `tolerance` times the estimate: an eigenvalue then lies that near. It is the largest unless
    the first vector had no share in its eigenvector. A model that is not done after `limit`
    products gets nan.
    """
    V = generator.standard_normal((len(W) + 1, *b.shape)).astype(images.dtype)
    values = np.full(len(b), np.nan)
    for step in (FEWER, 1):
        values, V = _iterate(images[::step], W, b, V, tolerance, limit)
    return values


def _iterate(
    images: Floats, W: Floats, b: Floats, V: Floats, tolerance: float, limit: int
) -> tuple[npt.NDArray[np.float64], Floats]:
    """Power iteration from vectors V (d + 1, k, c): the eigenvalues (k,) and the last vectors."""
    images = np.ascontiguousarray(images)
    p = probabilities(images, W, b)
    values, last = np.full(len(b), np.nan), V.copy()
    left = np.arange(len(b))
    for _ in range(limit):
        V = V / _norms(V)[:, None]
        product = hessian_product(images, p, V)
        estimate = np.sum(V * product, axis=(0, 2))
        close = _norms(product - estimate[:, None] * V) <= tolerance * estimate
        values[left[close]] = estimate[close]
        last[:, left] = product
        left, V = left[~close], product[:, ~close]
        if not len(left):
            break
        if close.any():
            p = p[:, ~close]
    return values, last


def _scores(images: Floats, W: Floats, b: Floats) -> Floats:
    scores: Floats = (images @ W.reshape(len(W), -1)).reshape(len(images), *b.shape)
    scores += b
    return scores


def _norms(V: Floats) -> Floats:
    """The Euclidean norm of each model's vector, (k,)."""
    norms: Floats = np.sqrt(np.sum(V * V, axis=(0, 2)))
    return norms
