"""What a model that never moved prints: against brute force, the NumPy trainer and real runs."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import reference

import analysis
from analysis.printed.frozen.error_rates import cross_validated, error_rates
from analysis.printed.frozen.lattice import on_lattice
from analysis.printed.frozen.monte_carlo import compare
from analysis.printed.frozen.rows import Printed, printed_frozen, printed_runs, printed_sequence
from analysis.printed.frozen.untrained import Untrained, finite_gradients, probabilities, simulate
from analysis.printed.frozen.verdict import ACCURACY_JITTER, LOSS_JITTER, judge
from analysis.printed.published import load_published
from runner.training import trainer

FEW = 2000  # training images of the small simulations: seven full batches and one of 208


def arrays(split, count=None):
    return split.images[:count], split.labels[:count]


@pytest.fixture(scope="module")
def untrained(splits):
    train_split, test_split = splits
    generator = np.random.default_rng(1)
    return simulate(arrays(train_split), arrays(test_split), generator, models=100, shuffles=30)


@pytest.fixture(scope="module")
def few(splits):
    """Training and test images and labels for many simulated models and NumPy's trainer."""
    train_split, test_split = splits
    return arrays(train_split, FEW), arrays(test_split, 500)


@pytest.fixture(scope="module")
def few_untrained(few):
    return simulate(*few, np.random.default_rng(2), models=200, shuffles=30)


@pytest.fixture(scope="module")
def article():
    printed = [printed_sequence(sequence) for sequence in load_published()]
    return {row.name: row for row in printed}


# The lattice


@pytest.mark.parametrize("decimals", [2, 6])
def test_the_lattice_holds_exactly_what_frozen_models_print(decimals):
    examples, batch_size, last = 23, 5, 3
    hits = {(c, j) for c in range(24) for j in range(4) if 0 <= c - j <= examples - last}

    def text(c, j):
        values = np.repeat([1, 0, 1, 0], [c - j, 20 - (c - j), j, last - j])
        return f"{reference.batch_mean(values, batch_size):.{decimals}f}"

    frozen = {
        (text(c, j), text(c, other)) for c, j in hits for other in range(4) if (c, other) in hits
    }
    texts = {text(c, j) for c, j in hits}
    for pair in itertools.product(texts, texts):
        assert on_lattice(pair, examples, batch_size).possible == (pair in frozen), pair


def test_the_steps_are_the_examples_moved_into_the_last_batch():
    draw = np.random.RandomState(0)
    hits = draw.rand(1000) < 0.1
    orders = [draw.permutation(1000) for _ in range(4)]
    printed = [f"{reference.batch_mean(hits[order], 96):.6f}" for order in orders]
    in_last = [int(hits[order][960:].sum()) for order in orders]
    lattice = on_lattice(printed, 1000, 96)
    assert lattice.possible
    assert lattice.steps == tuple(count - in_last[0] for count in in_last)
    assert lattice.differences == pytest.approx(lattice.steps, abs=0.05)


@pytest.mark.parametrize("decimals", [6, 5, 4])
def test_the_chance_is_the_share_of_close_moving_rows_on_the_lattice(decimals):
    draw = np.random.RandomState(0)

    def text(c, j):
        return f"{((c - j) / 256 + j / 96) / 235:.{decimals}f}"

    answers, chances = [], set()
    while len(answers) < 2000:
        start, c = draw.randint(5000, 7000), draw.randint(-40, 41)
        first, second = (text(start, draw.randint(0, 97)), text(start + c, draw.randint(0, 97)))
        if abs(float(first) - float(second)) < 20 * (1 / 96 - 1 / 256) / 235:
            lattice = on_lattice((first, second), 60_000, 256)
            answers.append(lattice.possible)
            chances.add(lattice.chance)
    (chance,) = chances
    assert np.mean(answers) == pytest.approx(chance, abs=4 * np.sqrt(0.25 / 2000))
    assert (chance == pytest.approx(1 / 5)) == (decimals == 6)
    assert (chance == 1) == (decimals == 4)


def test_three_decimals_are_too_few_to_tell_a_lattice():
    lattice = on_lattice(("0.081", "0.082"), 60_000, 256)
    assert (lattice.possible, lattice.steps, lattice.chance) == (True, (), 1.0)


@pytest.mark.parametrize(
    ("printed", "batch_size", "message"),
    [
        (("0.1", "0.1"), 250, "fill all batches of 250"),
        (("0.1234567891",) * 2, 256, "at most 9 decimals"),
    ],
)
def test_a_lattice_needs_a_small_last_batch_and_few_decimals(printed, batch_size, message):
    with pytest.raises(ValueError, match=message):
        on_lattice(printed, 60_000, batch_size)


# Untrained models


def test_the_simulated_softmax_is_numpy_s(few):
    draw = np.random.RandomState(0)
    W, b = draw.standard_normal((3, 10, 784)), draw.standard_normal((3, 10))
    X = few[0][0].reshape(FEW, 784)
    found = probabilities(X, W.astype(np.float32), b.astype(np.float32))
    for model in range(3):
        expected = reference.probabilities(X.astype(np.float64), W[model].T, b[model])
        np.testing.assert_allclose(found[model].T, expected, rtol=1e-3, atol=1e-30)


def doomed(X, W, b):
    """By float64: a logit above the largest float32's log, or 1/p above the largest float32."""
    largest = float(np.finfo(np.float32).max)
    return (X @ W + b).max() > np.log(largest) or reference.probabilities(
        X, W, b
    ).min() < 1 / largest


def test_the_models_that_count_are_those_with_finite_gradients(few):
    draw = np.random.RandomState(4)
    X = few[0][0].reshape(FEW, 784)
    W, b = draw.standard_normal((40, 10, 784)), draw.standard_normal((40, 10))
    finite = finite_gradients(probabilities(X, W.astype(np.float32), b.astype(np.float32)))
    exact = X.astype(np.float64)
    assert list(finite) == [not doomed(exact, W[k].T, b[k]) for k in range(40)]
    assert 0 < finite.sum() < 40


def test_the_simulated_levels_are_those_of_models_drawn_apart(few, few_untrained):
    (images, labels), (test_images, test_labels) = few
    X, y = images.reshape(FEW, 784).astype(np.float64), labels.astype(int)
    test_X = test_images.reshape(500, 784).astype(np.float64)
    draw = np.random.RandomState(5)
    loss, accuracy, tested = [], [], []
    while len(loss) < 100:
        W, b = draw.standard_normal((784, 10)), draw.standard_normal(10)
        if not doomed(X, W, b):
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


def test_the_study_s_level_and_jitter_are_those_of_any_untrained_models(drawn_apart):
    """The study: a loss of 18.99 +- 4.57 in 60 draws; of one model, jitters by 200 shuffles."""
    (loss, _, *variances), _ = drawn_apart
    error = np.sqrt(np.var(loss, ddof=1) / len(loss) + 4.57**2 / 60)
    assert abs(loss.mean() - 18.99) < 3 * error
    for jitter, variance in zip((0.0039, 7.8e-5), variances, strict=True):
        low, high = np.quantile(np.sqrt(variance), (0.05, 0.95))
        of_shuffles = 2 / np.sqrt(2 * 199)  # two standard errors of a standard deviation
        assert low * (1 - of_shuffles) < jitter < high * (1 + of_shuffles)


# The p-value


def test_the_combined_p_value_is_exact_for_exchangeable_rows():
    draw = np.random.RandomState(0)
    rows = draw.standard_normal((40, 3)) @ draw.standard_normal((3, 3))
    rows[:, 2] = rows[:, 2].round()  # ties

    def p_value(k):
        others = np.delete(rows, k, axis=0)
        return compare(
            dict(zip("abc", rows[k], strict=True)),
            {name: others[:, [column]] for column, name in enumerate("abc")},
            frozenset("a"),
        )[0]

    p_values = np.array([p_value(k) for k in range(40)])
    for rank in range(1, 41):
        assert (p_values <= rank / 40 + 1e-9).sum() <= rank
    assert (p_values <= 0.25 + 1e-9).sum() >= 5  # and it does reject


@pytest.mark.parametrize(
    ("found", "one_sided", "expected"), [(-1, "a", 1), (99, "a", 0.01), (-1, "", 0.02)]
)
def test_only_large_figures_count_where_the_figure_is_one_sided(found, one_sided, expected):
    """Two-sided, the largest of 99 simulated figures is as extreme as the one below them all."""
    rows = np.arange(99.0)[:, None]
    p_value, (component,) = compare({"a": found}, {"a": rows}, frozenset(one_sided))
    assert (component.p_value, p_value) == pytest.approx((expected, expected))


def test_frozen_rows_are_rejected_as_often_as_the_level_says(few, few_untrained):
    held_out = simulate(*few, np.random.default_rng(3), models=300, shuffles=5)
    p_values = [judge(row, few_untrained).p_value for row in printed_frozen(held_out, 5)]
    assert len(p_values) == 300
    for level in (0.05, 0.5):
        low, high = stats.binom(300, level).interval(0.999)
        assert low <= sum(p_value <= level for p_value in p_values) <= high
    rates = error_rates(few_untrained, held_out)
    assert rates.frozen_rejected == np.mean(np.array(p_values) <= 0.05)
    assert rates.frozen_rows == 300


def test_every_model_is_judged_once_and_by_the_others(few_untrained):
    found = cross_validated(few_untrained, folds=4, epochs=5)
    assert found.frozen_rows == 200 * (30 // 5)
    models = np.arange(200)
    rejected = []
    for fold in np.array_split(models, 4):
        others = few_untrained.of(np.setdiff1d(models, fold))
        assert others.loss.shape == (150, 1)
        rows = printed_frozen(few_untrained.of(fold), 5)
        rejected += [not judge(row, others).frozen for row in rows]
    assert found.frozen_rejected == pytest.approx(np.mean(rejected))


def test_a_model_whose_right_answers_stay_the_same_keeps_the_lattice():
    """It moves, but by too little to mix the examples it gets right: 1 of 625 is not for it."""
    draw = np.random.RandomState(1)
    hits = draw.rand(60_000) < 0.08
    rows = []
    for _ in range(20):
        orders = [draw.permutation(60_000) for _ in range(5)]
        rows.append([f"{reference.batch_mean(hits[order], 256):.6f}" for order in orders])
    assert all(on_lattice(row, 60_000, 256).possible for row in rows)
    mixed = [[*row[:4], f"{float(row[4]) + 11e-6:.6f}"] for row in rows]
    assert not any(on_lattice(row, 60_000, 256).possible for row in mixed)


# Rows of training


def numpy_rows(few, seed, lr, epochs=5):
    """A run of the NumPy trainer as `load_runs` would read it; None for a doomed model."""
    (images, labels), (test_images, test_labels) = few
    draw = np.random.RandomState(seed)
    W, b = draw.standard_normal((784, 10)), draw.standard_normal(10)
    X = images.reshape(FEW, 784)
    if doomed(X.astype(np.float64), W, b):
        return None
    records = reference.train(
        X,
        labels,
        test_images.reshape(500, 784),
        test_labels,
        W,
        b,
        step_size=lr / 256,
        batch_size=256,
        epochs=epochs,
        order_seed=seed,
    )
    return pd.DataFrame(
        [{"run_id": f"{seed}", "epoch": epoch} | r for epoch, r in enumerate(records, start=1)]
    )


def numpy_runs(few, seeds, lr):
    frames = [frame for seed in seeds if (frame := numpy_rows(few, seed, lr)) is not None]
    return printed_runs(pd.concat(frames))


def test_numpy_s_trainer_with_step_size_zero_is_frozen(few, few_untrained):
    verdicts = [judge(row, few_untrained) for row in numpy_runs(few, range(30), lr=0)]
    assert len(verdicts) >= 10
    assert not any(verdict.impossible for verdict in verdicts)
    rejected = sum(not verdict.frozen for verdict in verdicts)
    assert rejected <= stats.binom(len(verdicts), 0.05).ppf(0.999)


@pytest.mark.parametrize("lr", [0.1, 0.01, 0.001])
def test_a_moving_model_is_never_called_frozen(few, few_untrained, lr):
    rows = numpy_runs(few, range(12), lr)
    assert len(rows) >= 3
    assert not any(judge(row, few_untrained).frozen for row in rows)


def real_run(splits, lr, epochs, seed):
    records = trainer.train(
        *splits,
        [trainer.Column(lr / 256, seed, init_sigma=1.0, stop_on_divergence=True)],
        batch_size=256,
        epochs=epochs,
        order_seed=seed,
        loss="pick_log",
    )
    return printed_runs(
        pd.DataFrame([{"run_id": "run", "epoch": r.epoch} | r.metrics for (r,) in records])
    )[0]


def test_a_real_run_with_step_size_zero_is_frozen_and_one_at_a_thousandth_is_not(splits, untrained):
    still = judge(real_run(splits, lr=0, epochs=5, seed=1), untrained)
    assert still.frozen
    assert still.lattice.possible
    assert len(still.lattice.steps) == 5
    assert not judge(real_run(splits, lr=0.001, epochs=2, seed=1), untrained).frozen


def test_a_row_of_a_run_that_diverged_in_its_first_epoch_is_impossible(splits, untrained):
    verdict = judge(real_run(splits, lr=1, epochs=5, seed=2), untrained)
    assert verdict.p_value == 0
    assert verdict.impossible.startswith("a figure is nan")


def test_runs_read_from_mlflow_are_judged(study, few_untrained):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(study)
        _, epochs = analysis.load_runs()
    rows = printed_runs(epochs)
    assert len(rows) == 4
    assert {len(row.test_acc) for row in rows} == {1, 2}  # those at learning rate 1 diverged
    assert all(judge(row, few_untrained).impossible for row in rows)


# What was published


def test_the_article_s_row_of_learning_rate_1_is_frozen(article, untrained):
    verdict = judge(article["article, learning rate 1"], untrained)
    assert verdict.frozen
    assert verdict.lattice.steps == (0, 1, 3, 5, 5)
    assert verdict.lattice.differences == pytest.approx((0, 1.01, 3.00, 5.02, 5.02), abs=0.006)
    assert verdict.lattice.chance == pytest.approx(1 / 625)
    jitters = {c.name: c.found for c in verdict.components if c.name.startswith("jitter")}
    assert jitters[LOSS_JITTER] == pytest.approx(0.0052, abs=5e-5)
    assert jitters[ACCURACY_JITTER] == pytest.approx(6.3e-5, abs=5e-7)
    assert "would print such figures" in verdict.sentence
    assert "(1, 3, 5, 5;" in verdict.sentence
    assert "1 of 625 models that move enough to mix their counts" in verdict.sentence
    assert "also those of models that move less than these figures differ" in verdict.sentence


def test_no_other_printed_row_is_frozen(article, untrained):
    verdicts = [judge(row, untrained) for row in article.values()]
    assert [verdict.name for verdict in verdicts if verdict.frozen] == ["article, learning rate 1"]
    assert all(v.p_value == 0 and v.impossible in v.sentence for v in verdicts if not v.frozen)
    reasons = {verdict.name: verdict.impossible for verdict in verdicts}
    assert (
        reasons["article, learning rate 0.1"]
        == "the test accuracy changes from 0.602344 to 0.666895"
    )
    assert "nan" in reasons["lesson-copy-d, learning rate 0.5"]


FROZEN = Printed(
    "row",
    ("18.803541", "18.806381", "18.795504"),
    ("0.081366", "0.081394", "0.081449"),
    ("0.085840",) * 3,
)


def changed(**changes):
    return Printed(**(vars(FROZEN) | changes))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            changed(train_acc=("0.081366", "0.081380", "0.081449")),
            "no order of the examples turns a training accuracy of 0.081366 into 0.081380",
        ),
        (changed(pooled=True), "the training accuracy changes from 0.081366 to 0.081394"),
        (
            changed(pooled=True, train_acc=("0.081366",) * 3),
            "the training loss changes from 18.803541 to 18.806381",
        ),
    ],
)
def test_what_no_frozen_model_prints_is_impossible(row, reason, untrained):
    verdict = judge(row, untrained)
    assert (verdict.p_value, verdict.impossible) == (0, reason)


def test_a_pooled_frozen_row_is_constant_but_for_the_last_digit_of_the_loss(untrained):
    row = changed(
        pooled=True,
        train_loss=("16.500001", "16.500002", "16.500001"),
        train_acc=("0.101000",) * 3,
        test_acc=("0.1010",) * 3,
    )
    verdict = judge(row, untrained)
    assert verdict.frozen
    assert verdict.lattice is None
    assert [component.name for component in verdict.components] == [
        "training loss",
        "training accuracy",
        "test accuracy",
    ]


def test_too_much_jitter_is_unlikely_and_the_sentence_says_so(untrained):
    verdict = judge(changed(train_loss=("18.80", "18.90", "19.00")), untrained)
    assert 0 < verdict.p_value <= 0.05
    assert not verdict.frozen
    assert verdict.impossible is None
    assert "the jitter of the training loss is 0.1," in verdict.sentence


@pytest.mark.parametrize("epochs", [1, 31])
def test_a_row_needs_two_epochs_and_no_more_than_simulated_shuffles(epochs, untrained):
    row = Printed("row", ("18.8",) * epochs, ("0.081366",) * epochs, ("0.085840",) * epochs)
    with pytest.raises(ValueError, match=f"expected 2 to 30 epochs of row, found {epochs}"):
        judge(row, untrained)


def test_a_printed_last_digit_that_flips_is_not_jitter(untrained):
    """With one decimal a jitter of 0.003 shows as 0 or as a step of 0.1, in simulated rows too."""
    row = changed(train_loss=("16.5", "16.5", "16.6"), train_acc=("0.101",) * 3)
    verdict = judge(row, untrained)
    jitter = next(c for c in verdict.components if c.name == LOSS_JITTER)
    assert 0.03 < jitter.p_value < 0.3
