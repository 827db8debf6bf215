"""Untrained models simulated: against models that NumPy draws and evaluates in float64."""

import numpy as np
import pytest
from scipy import stats
from support import reference

from analysis.printed.frozen.untrained import Untrained, finite_gradients, probabilities


def test_the_simulated_softmax_is_numpy_s(few):
    draw = np.random.RandomState(0)
    W, b = draw.standard_normal((3, 10, 784)), draw.standard_normal((3, 10))
    X = few[0][0].reshape(-1, 784)
    found = probabilities(X, W.astype(np.float32), b.astype(np.float32))
    for model in range(3):
        expected = reference.probabilities(X.astype(np.float64), W[model].T, b[model])
        np.testing.assert_allclose(found[model].T, expected, rtol=1e-3, atol=1e-30)


def test_the_models_that_count_are_those_with_finite_gradients(few):
    draw = np.random.RandomState(4)
    X = few[0][0].reshape(-1, 784)
    W, b = draw.standard_normal((40, 10, 784)), draw.standard_normal((40, 10))
    finite = finite_gradients(probabilities(X, W.astype(np.float32), b.astype(np.float32)))
    exact = X.astype(np.float64)
    assert list(finite) == [not reference.doomed(exact, W[k].T, b[k]) for k in range(40)]
    assert 0 < finite.sum() < 40


@pytest.mark.slow
def test_the_simulated_levels_are_those_of_models_drawn_apart(few, few_untrained):
    (images, labels), (test_images, test_labels) = few
    X, y = images.reshape(-1, 784).astype(np.float64), labels.astype(int)
    test_X = test_images.reshape(500, 784).astype(np.float64)
    draw = np.random.RandomState(5)
    loss, accuracy, tested = [], [], []
    while len(loss) < 100:
        W, b = draw.standard_normal((784, 10)), draw.standard_normal(10)
        if not reference.doomed(X, W, b):
            loss.append(reference.losses(X, y, W, b).mean())
            accuracy.append(np.mean((X @ W + b).argmax(axis=1) == y))
            hits = (test_X @ W + b).argmax(axis=1) == test_labels
            tested.append(reference.batch_mean(hits, 256))
    for simulated, expected in (
        (few_untrained.loss, loss),
        (few_untrained.accuracy, accuracy),
        (few_untrained.test_accuracy, tested),
    ):
        assert stats.ks_2samp(simulated[:, 0], expected).pvalue > 0.001


def test_the_figures_of_a_shuffle_are_its_means_of_batch_means():
    draw = np.random.RandomState(0)
    losses = draw.gamma(2, 8, size=(3, 23))
    orders = np.array([draw.permutation(23) for _ in range(4)])
    last = losses[:, orders[:, 20:]].mean(axis=2)
    mean = losses.mean(axis=1, keepdims=True)
    made = Untrained(23, 5, mean, mean, last, last, mean, mean)
    expected = [[reference.batch_mean(row[order], 5) for order in orders] for row in losses]
    np.testing.assert_allclose(made.train_loss, expected)
    np.testing.assert_allclose(made.train_accuracy, expected)


@pytest.fixture(scope="module")
def drawn_apart(splits):
    """Untrained models by NumPy: losses and accuracies, the variances of both over shuffles, and
    whether the gradients are finite.

    A shuffle moves a mean of batch means by its last batch of 96 only, so the variance is that
    of a mean drawn without replacement.
    """
    train_split, _ = splits
    X, y = train_split.images.reshape(-1, 784), train_split.labels.astype(int)
    n, largest = len(y), np.log(np.finfo(np.float32).max)
    of_last = (n - 96) / (n - 1) / 96 * ((1 - 96 / 256) / 235) ** 2
    draw = np.random.RandomState(7)
    models = []
    for _ in range(80):
        W, b = draw.standard_normal((784, 10)), draw.standard_normal(10)
        logits = X @ W.astype(np.float32) + b.astype(np.float32)
        behind = logits - logits.max(axis=1, keepdims=True)
        log_p = behind - np.log(np.exp(behind).sum(axis=1, keepdims=True))
        losses = -log_p[np.arange(n), y].astype(np.float64)
        hits = logits.argmax(axis=1) == y
        finite = logits.max() < largest and -log_p.min() < largest
        variances = [values.var() * of_last for values in (losses, hits)]
        models.append((losses.mean(), hits.mean(), *variances, finite))
    *figures, finite = np.array(models).T
    return figures, finite == 1


def standard_errors_apart(one, other):
    """The difference of two samples' means in standard errors of the difference."""
    error = np.sqrt(np.var(one, ddof=1) / len(one) + np.var(other, ddof=1) / len(other))
    return abs(np.mean(one) - np.mean(other)) / error


@pytest.mark.slow
def test_levels_and_jitters_are_those_of_models_with_finite_gradients_drawn_apart(
    untrained, drawn_apart
):
    figures, finite = drawn_apart
    simulated = (
        untrained.loss[:, 0],
        untrained.accuracy[:, 0],
        untrained.train_loss.var(axis=1, ddof=1),
        untrained.train_accuracy.var(axis=1, ddof=1),
    )
    for ours, theirs in zip(simulated, figures, strict=True):
        assert standard_errors_apart(ours, theirs[finite]) < 3
    # Those whose gradients are finite have smaller losses, and the samples can tell.
    assert standard_errors_apart(simulated[0], figures[0]) > 4


@pytest.mark.slow
def test_the_study_s_level_and_jitter_are_those_of_any_untrained_models(drawn_apart):
    """The study: a loss of 18.99 +- 4.57 in 60 draws; of one model, jitters by 200 shuffles."""
    (loss, _, *variances), _ = drawn_apart
    error = np.sqrt(np.var(loss, ddof=1) / len(loss) + 4.57**2 / 60)
    assert abs(loss.mean() - 18.99) < 3 * error
    for jitter, variance in zip((0.0039, 7.8e-5), variances, strict=True):
        low, high = np.quantile(np.sqrt(variance), (0.05, 0.95))
        of_shuffles = 2 / np.sqrt(2 * 199)  # two standard errors of a standard deviation
        assert low * (1 - of_shuffles) < jitter < high * (1 + of_shuffles)
