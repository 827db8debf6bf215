"""Which trainings are frozen: by the NumPy trainer, of real runs, and among the published."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import reference
from support.columns import drawn

import analysis
from analysis.printed.frozen.rows import Printed, printed_runs, printed_sequence
from analysis.printed.frozen.verdict import ACCURACY_JITTER, LOSS_JITTER, judge
from analysis.printed.published import load_published
from runner.data import Split
from runner.training import trainer


@pytest.fixture(scope="module")
def article():
    printed = [printed_sequence(sequence) for sequence in load_published()]
    return {row.name: row for row in printed}


def numpy_rows(few, seed, lr, epochs=5):
    """A run of the NumPy trainer as `load_runs` would read it; None for a doomed model."""
    (images, labels), (test_images, test_labels) = few
    draw = np.random.RandomState(seed)
    W, b = draw.standard_normal((784, 10)), draw.standard_normal(10)
    X = images.reshape(-1, 784)
    if reference.doomed(X.astype(np.float64), W, b):
        return None
    records = reference.train(
        Split(images, labels),
        Split(test_images, test_labels),
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


@pytest.mark.slow
def test_numpy_s_trainer_with_step_size_zero_is_frozen(few, few_untrained):
    verdicts = [judge(row, few_untrained) for row in numpy_runs(few, range(30), lr=0)]
    assert len(verdicts) >= 10
    assert not any(verdict.impossible for verdict in verdicts)
    rejected = sum(not verdict.frozen for verdict in verdicts)
    assert rejected <= stats.binom(len(verdicts), 0.05).ppf(0.999)


@pytest.mark.parametrize(
    "lr", [0.01, *(pytest.param(lr, marks=pytest.mark.slow) for lr in (0.1, 0.001))]
)
def test_a_moving_model_is_never_called_frozen(few, few_untrained, lr):
    rows = numpy_runs(few, range(12), lr)
    assert len(rows) >= 3
    assert not any(judge(row, few_untrained).frozen for row in rows)


def real_run(splits, lr, epochs, seed):
    records = trainer.train(
        *splits,
        [drawn(lr / 256, seed)],
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


@pytest.mark.slow
def test_runs_read_from_mlflow_are_judged(study, few_untrained):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(study)
        _, epochs = analysis.load_runs()
    rows = printed_runs(epochs)
    assert len(rows) == 4
    assert {len(row.test_acc) for row in rows} == {1, 2}  # those at learning rate 1 diverged
    assert all(judge(row, few_untrained).impossible for row in rows)


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
    assert "whole steps, 5 at most." in verdict.sentence
    assert "1 of 625 models that move enough to mix their counts" in verdict.sentence
    assert "also holds for some models that move less than these figures differ" in verdict.sentence


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
    assert "The jitter of the training loss is 0.1." in verdict.sentence


@pytest.mark.parametrize(
    ("epochs", "expected"), [(1, "two epochs or more of row, found 1"), (31, "2 to 30 .* found 31")]
)
def test_a_row_needs_two_epochs_and_no_more_than_simulated_shuffles(epochs, expected, untrained):
    row = Printed("row", ("18.8",) * epochs, ("0.081366",) * epochs, ("0.085840",) * epochs)
    with pytest.raises(ValueError, match=f"expected {expected}"):
        judge(row, untrained)


def test_a_printed_last_digit_that_flips_is_not_jitter(untrained):
    """With one decimal a jitter of 0.003 shows as 0 or as a step of 0.1, in simulated rows too."""
    row = changed(train_loss=("16.5", "16.5", "16.6"), train_acc=("0.101",) * 3)
    verdict = judge(row, untrained)
    jitter = next(c for c in verdict.components if c.name == LOSS_JITTER)
    assert 0.03 < jitter.p_value < 0.3
