"""The largest eigenvalue of the loss's Hessian, against the whole matrix and finite differences."""

import numpy as np
import pytest
from support import reference

from analysis.sections.edge.curvature import hessian_product, largest_eigenvalues, probabilities


def some_models(generator, count, inputs, classes, scale=1.0):
    """W (inputs, count, classes) and b (count, classes), each model larger than the one before."""
    sizes = scale * np.arange(1, count + 1)
    W = generator.standard_normal((inputs, count, classes)) * sizes[:, None]
    return W, generator.standard_normal((count, classes)) * sizes[:, None]


@pytest.fixture
def generator():
    return np.random.default_rng(5)


def test_the_product_is_that_of_the_whole_hessian(generator):
    X = generator.random((30, 6))
    W, b = some_models(generator, 3, 6, 4)
    V = generator.standard_normal((7, 3, 4))
    product = hessian_product(X, probabilities(X, W, b), V)
    for model in range(3):
        exact = reference.hessian(X, W[:, model], b[model]) @ V[:, model].ravel()
        np.testing.assert_allclose(product[:, model].ravel(), exact, rtol=1e-10, atol=1e-14)


def test_the_product_is_the_change_of_the_gradient(splits, generator):
    """Central differences of the summed loss's gradient, on real images."""
    X = splits[0].images[:200].reshape(200, -1).astype(np.float64)
    y = splits[0].labels[:200].astype(int)
    W, b = some_models(generator, 2, 784, 10, scale=0.1)
    V = generator.standard_normal((785, 2, 10))
    product = hessian_product(X, probabilities(X, W, b), V)
    h = 1e-5
    for model in range(2):
        there = reference.gradients(
            X, y, W[:, model] + h * V[:-1, model], b[model] + h * V[-1, model]
        )
        back = reference.gradients(
            X, y, W[:, model] - h * V[:-1, model], b[model] - h * V[-1, model]
        )
        by_W, by_b = ((one - other) / (2 * h * 200) for one, other in zip(there, back, strict=True))
        np.testing.assert_allclose(product[:-1, model], by_W, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(product[-1, model], by_b, rtol=1e-5, atol=1e-7)


def test_the_eigenvalue_is_the_largest_of_the_whole_hessian(generator):
    """Of five models that are done after different numbers of products, each gets its own."""
    X = generator.random((40, 8))
    W, b = some_models(generator, 5, 8, 3)
    exact = [np.linalg.eigvalsh(reference.hessian(X, W[:, k], b[k]))[-1] for k in range(5)]
    assert len(np.unique(np.round(exact, 3))) == 5
    found = largest_eigenvalues(X, W, b, generator, tolerance=1e-8, limit=10_000)
    np.testing.assert_allclose(found, exact, rtol=1e-8)


def test_the_default_tolerance_is_met_in_float32(splits, generator):
    """A row of pixels of real images, so that the whole Hessian is small enough."""
    X = splits[0].images[:500, 14]
    W, b = some_models(generator, 4, 28, 10)
    found = largest_eigenvalues(X, W.astype(np.float32), b.astype(np.float32), generator)
    exact = [
        np.linalg.eigvalsh(reference.hessian(X.astype(float), W[:, k], b[k]))[-1] for k in range(4)
    ]
    np.testing.assert_allclose(found, exact, rtol=1e-2)


def test_of_zero_parameters_the_eigenvalue_is_that_of_the_images_by_the_classes(generator):
    """All probabilities are 1 / c, so that diag(p) - p p^T has the eigenvalue 1 / c."""
    X = generator.random((50, 5))
    with_one = np.hstack([X, np.ones((50, 1))])
    exact = np.linalg.eigvalsh(with_one.T @ with_one / 50)[-1] / 4
    found = largest_eigenvalues(X, np.zeros((5, 1, 4)), np.zeros((1, 4)), generator, tolerance=1e-9)
    assert found == pytest.approx([exact], rel=1e-9)


def test_a_model_that_is_not_done_within_the_limit_has_no_eigenvalue(generator):
    X = generator.random((40, 8))
    W, b = some_models(generator, 2, 8, 3)
    assert np.isnan(largest_eigenvalues(X, W, b, generator, tolerance=1e-12, limit=2)).all()
