"""The trainer against the study's reference numbers, NumPy float64 and the DataLoader program."""

import numpy as np
import pytest
from mxnet import nd
from support import reference
from support.columns import drawn
from support.dataloader_program import epoch_losses

from runner.losses import LOSSES
from runner.runs.outcome import summarise
from runner.training import batches
from runner.training.trainer import train

COLUMN = {"step_size": 0.1 / 256, "seed": 2, "init_sigma": 1.0, "stop_on_divergence": True}
SHARED = {"batch_size": 256, "epochs": 5, "order_seed": 2, "loss": "pick_log"}


def records_of(splits, **changes):
    """The records of one configuration trained alone: the article's, but for the changes."""
    column = drawn(**{name: changes.get(name, value) for name, value in COLUMN.items()})
    shared = {name: changes.get(name, value) for name, value in SHARED.items()}
    return [record for (record,) in train(*splits, [column], **shared)]


REFERENCE_TABLE = [  # the study's reference numbers: lr, epoch, train loss, train acc, test acc
    (0.1, 1, 3.827094, 0.441617, 0.5744),
    (0.1, 2, 1.895093, 0.620551, 0.6450),
    (0.1, 3, 1.507204, 0.672917, 0.6848),
    (0.1, 4, 1.318310, 0.702853, 0.7057),
    (0.1, 5, 1.205766, 0.721476, 0.7230),
    (0.01, 5, 3.115271, 0.475061, 0.4830),
]


@pytest.mark.parametrize("lr", [0.1, 0.01])
def test_the_reference_table_comes_out(splits, lr):
    records = records_of(splits, step_size=lr / 256)
    assert records[0].metrics["test_acc_batch_mean"] == pytest.approx(0.1080078, abs=1e-4)
    if lr == 0.1:
        assert records[1].metrics["test_acc_batch_mean"] == pytest.approx(0.581445, abs=1e-4)
    for _, epoch, loss, train_acc, test_acc in (row for row in REFERENCE_TABLE if row[0] == lr):
        metrics = records[epoch].metrics
        assert metrics["train_loss_batch_mean"] == pytest.approx(loss, rel=5e-4)
        assert metrics["train_acc_batch_mean"] == pytest.approx(train_acc, abs=1e-4)
        assert metrics["test_acc"] == pytest.approx(test_acc, abs=1e-4)


@pytest.mark.parametrize("count", [10_000, pytest.param(60_000, marks=pytest.mark.slow)])
def test_gluon_s_own_dataloader_gives_the_same_losses(splits, count):
    train_split, test_split = splits[0].first(count), splits[1]
    theirs = list(
        epoch_losses(train_split.images, train_split.labels, seed=2, learning_rate=0.1, epochs=2)
    )
    records = records_of((train_split, test_split), epochs=2)
    ours = [record.metrics["train_loss_batch_mean"] for record in records[1:]]
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("batch_size", [256, 100, 2048])
@pytest.mark.parametrize("at_once", [batches.EXAMPLES_AT_ONCE, 1])
def test_every_figure_is_numpy_s(small_splits, loss, batch_size, at_once, monkeypatch):
    monkeypatch.setattr(batches, "EXAMPLES_AT_ONCE", at_once)
    train_split, test_split = small_splits
    changes = {"batch_size": batch_size, "step_size": 0.1 / batch_size, "epochs": 3}
    untrained, *records = records_of(
        small_splits, loss=loss, init_sigma=0.1, seed=5, order_seed=9, **changes
    )
    expected = reference.train(
        train_split,
        test_split,
        untrained.W,
        untrained.b,
        order_seed=9,
        **changes,
    )
    for record, figures in zip(records, expected, strict=True):
        if LOSSES[loss].silent_loss is not None:
            figures = {**figures, "train_silent": 0}  # at this sigma no probability is that small
        assert record.metrics.keys() == figures.keys()
        for name, value in figures.items():
            one_example = 2 / 512 if "acc" in name else 0  # a tie may fall either way in float32
            assert record.metrics[name] == pytest.approx(value, rel=1e-5, abs=one_example), name


def test_the_untrained_model_has_test_figures_only(small_splits):
    (untrained,) = next(train(*small_splits, [drawn(**COLUMN)], **SHARED))
    assert untrained.epoch == 0
    assert set(untrained.metrics) == {"test_loss", "test_acc", "test_acc_batch_mean"}


def test_the_same_configuration_gives_bit_identical_records(small_splits):
    first, second = (records_of(small_splits) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one.metrics == other.metrics
        np.testing.assert_array_equal(one.W, other.W)
        np.testing.assert_array_equal(one.b, other.b)


def test_trainings_in_turn_have_the_figures_of_each_alone(small_splits):
    """They share buffers and compiled graphs, and lose the buffers between two epochs."""
    sizes = (32, 100, 32, 2048)
    keys = [{**SHARED, "batch_size": size, "order_seed": n} for n, size in enumerate(sizes)]
    columns = [drawn(**{**COLUMN, "step_size": 0.1 / size}) for size in sizes]
    alone = [
        list(train(*small_splits, [one], **key)) for one, key in zip(columns, keys, strict=True)
    ]
    in_turn = [train(*small_splits, [one], **key) for one, key in zip(columns, keys, strict=True)]
    for epoch in range(SHARED["epochs"] + 1):
        for expected, training in zip(alone, in_turn, strict=True):
            (record,), (other,) = next(training), expected[epoch]
            assert record.metrics == other.metrics
            np.testing.assert_array_equal(record.W, other.W)
        batches._buffers.cache_clear()


def test_seed_and_order_seed_change_the_numbers_each_on_its_own(small_splits):
    base = records_of(small_splits, epochs=1)
    other_order = records_of(small_splits, epochs=1, order_seed=3)
    other_parameters = records_of(small_splits, epochs=1, seed=3)
    assert other_order[0].metrics == base[0].metrics
    assert other_order[1].metrics != base[1].metrics
    assert other_parameters[0].metrics != base[0].metrics


def test_no_value_is_asked_for_inside_an_epoch(small_splits, monkeypatch):
    asked = []
    for name in ("asnumpy", "wait_to_read"):
        original = getattr(nd.NDArray, name)

        def counted(self, original=original):
            asked.append(original.__name__)
            return original(self)

        monkeypatch.setattr(nd.NDArray, name, counted)
    counts = []
    for batch_size in (2048, 64):  # 1 update or 32 updates an epoch
        asked.clear()
        records_of(small_splits, batch_size=batch_size, epochs=1)
        counts.append(len(asked))
    assert counts[0] == counts[1] > 0


@pytest.mark.parametrize(("seed", "updates"), [(1, 2), (2, 2), (3, 2), (4, 1)])
def test_learning_rate_1_diverges_after_the_known_number_of_updates(splits, seed, updates):
    records = records_of(splits, step_size=1 / 256, seed=seed, order_seed=seed)
    assert [record.epoch for record in records] == [0, 1]
    assert records[-1].diverged_update == updates
    assert np.isnan(records[-1].metrics["train_loss"])
    assert np.isfinite(records[-1].last_finite_batch_loss)


@pytest.mark.parametrize("lr", [0.1, 0.01])
def test_seed_4_dies_of_pick_log_and_trains_with_log_pick(splits, lr):
    seed_4 = {"step_size": lr / 256, "seed": 4, "order_seed": 4}
    assert records_of(splits, **seed_4)[-1].diverged_update == 1
    records = records_of(splits, loss="log_pick", **seed_4)
    assert (summarise(records).outcome, records[-1].epoch) == ("trained", 5)
    assert all(np.isfinite(record.metrics["test_loss"]) for record in records)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_log_softmax_trains_at_learning_rate_1(splits, seed):
    records = records_of(splits, loss="log_softmax", step_size=1 / 256, seed=seed, order_seed=seed)
    assert (summarise(records).outcome, records[-1].epoch) == ("trained", 5)
    assert records[-1].metrics["test_acc"] > 0.79


def test_a_divergence_in_a_later_epoch_counts_the_updates_of_those_before(splits):
    records = records_of(splits, seed=3, order_seed=3)
    epoch = records[-1].epoch
    assert epoch > 1
    assert (epoch - 1) * 235 < records[-1].diverged_update <= epoch * 235
    assert [record.diverged_update for record in records[:-1]] == [None] * epoch


@pytest.mark.parametrize(("seed", "updates"), [(1, None), (2, 12), (3, 15), (4, 1), (5, 103)])
def test_a_step_of_size_0_does_not_save_a_doomed_model(splits, seed, updates):
    records = records_of(splits, step_size=0.0, seed=seed, order_seed=seed, epochs=1)
    assert records[-1].diverged_update == updates


def test_on_divergence_continue_goes_on_as_the_article_s_program(splits):
    records = records_of(splits, step_size=1 / 256, epochs=3, stop_on_divergence=False)
    assert [record.epoch for record in records] == [0, 1, 2, 3]
    assert [record.diverged_update for record in records] == [None, 2, 2, 2]
    for record in records[1:]:
        assert np.isnan(record.metrics["train_loss"])
        assert record.metrics["test_acc_batch_mean"] == pytest.approx(0.097656, abs=1e-6)
        assert record.metrics["test_acc"] == pytest.approx(0.1)


def test_parameters_broken_by_the_last_update_count_as_divergence(small_splits):
    records = records_of(small_splits, batch_size=2048, step_size=3e38, epochs=1, init_sigma=0.01)
    assert np.isfinite(records[-1].metrics["train_loss"])
    assert not np.isfinite(records[-1].W).all()
    assert records[-1].diverged_update == 1


@pytest.mark.parametrize(("loss", "silent_below"), [("log_eps", 1e-10 / 99), ("log_clip", 1e-10)])
def test_the_silent_examples_are_those_whose_exact_probability_is_too_small(
    small_splits, loss, silent_below
):
    """Steps of size 0 keep the parameters where NumPy knows each example's probability."""
    untrained, *records = records_of(small_splits, loss=loss, step_size=0.0, epochs=2)
    X, y = small_splits[0].images.reshape(-1, 784).astype(float), small_splits[0].labels.astype(int)
    p = reference.probabilities(X, untrained.W.astype(float), untrained.b.astype(float))
    expected = (p[np.arange(len(y)), y] < silent_below).sum()
    assert expected > 20
    assert [record.metrics["train_silent"] for record in records] == [expected, expected]


def test_a_first_batch_that_is_not_finite_has_no_last_finite_loss(small_splits):
    records = records_of(small_splits, init_sigma=100.0)
    assert records[-1].diverged_update == 0
    assert records[-1].last_finite_batch_loss is None
