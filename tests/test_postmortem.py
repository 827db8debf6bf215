"""The cause of a divergence against an independent float32 recomputation and hand-made cases."""

import json
from dataclasses import replace

import numpy as np
import pytest
from mxnet import nd

from runner.data import Split
from runner.fatal_update import take_apart
from runner.postmortem import examine
from runner.train import Column, train

KEYS = {"batch_size": 256, "order_seed": 2, "loss": "pick_log"}


def diverge(split, *, lr=1, **changes):
    """Train to a divergence; the column, the record before the fatal one, that one, the keys."""
    keys = {**KEYS, **changes}
    column = Column(lr / 256, keys["order_seed"], init_sigma=1.0, stop_on_divergence=True)
    *_, (before,), (fatal,) = train(split, split.first(100), [column], epochs=5, **keys)
    return column, before, fatal, keys


def examine_one(split, column, before, fatal, **keys):
    """The post-mortem of a run alone."""
    return examine(split, [column], [before], [fatal], **keys)[0]


def float32_softmax(logits):
    """The lesson's softmax in NumPy float32."""
    with np.errstate(over="ignore", invalid="ignore"):
        exp = np.exp(logits.astype(np.float32))
        return exp / exp.sum(dtype=np.float32)


@pytest.mark.parametrize(
    ("loss", "lr", "seed", "cause", "update"),
    [
        ("pick_log", 1, 1, "reciprocal_overflow", 2),
        ("pick_log", 1, 2, "reciprocal_overflow", 2),
        ("pick_log", 1, 3, "reciprocal_overflow", 2),
        ("pick_log", 1, 4, "zero_probability", 1),
        ("pick_log", 0.01, 4, "zero_probability", 1),
        ("log_pick", 2, 4, "exp_overflow", 3),
        ("log_pick", 1, 2, "reciprocal_overflow", 3),
    ],
)
def test_the_cause_is_what_numpy_float32_finds_in_the_guilty_image(
    splits, loss, lr, seed, cause, update
):
    train_split, _ = splits
    column, before, fatal, keys = diverge(train_split, loss=loss, lr=lr, order_seed=seed)
    found = examine_one(train_split, column, before, fatal, **keys)
    assert (found.cause, found.epoch, found.update) == (cause, fatal.epoch, update)
    # A loss that is itself not finite is found one update before parameters broken by it.
    assert fatal.diverged_update == (update - 1 if cause == "exp_overflow" else update)
    assert found.label == train_split.labels[found.example]
    stored = json.loads(found.to_json())
    assert (stored["largest_logit"], stored["smallest_logit"]) == (
        max(stored["logits"]),
        min(stored["logits"]),
    )
    assert stored["largest_logit"] - stored["smallest_logit"] > 80
    probabilities = float32_softmax(np.array(found.logits))
    guilty = probabilities[found.guilty_class]
    with np.errstate(divide="ignore", over="ignore"):
        reciprocal = np.float32(1) / guilty
    if cause == "exp_overflow":
        assert np.isnan(guilty)
    elif cause == "zero_probability":
        assert guilty == 0
    else:
        assert guilty > 0
        assert np.isinf(reciprocal)
    if loss == "log_pick" and cause != "exp_overflow":
        assert found.guilty_class == found.label
    assert f"Update {update}, in epoch {fatal.epoch}" in found.sentence
    assert f"training image {found.example} " in found.sentence
    assert json.loads(found.to_json())["example"] == found.example


def test_the_guilty_image_has_these_logits_under_the_parameters_of_that_update(splits):
    """The parameters of update 2 by NumPy float64 from those of the untrained model."""
    import reference

    train_split, _ = splits
    column, before, fatal, keys = diverge(train_split)
    found = examine_one(train_split, column, before, fatal, **keys)
    X = train_split.images.reshape(-1, 784).astype(float)
    y = train_split.labels.astype(int)
    rows = np.random.RandomState(2).permutation(len(y))[:256]
    W, b = before.W.astype(float), before.b.astype(float)
    by_W, by_b = reference.gradients(X[rows], y[rows], W, b)
    W, b = W - by_W / 256, b - by_b / 256
    second = np.random.RandomState(2).permutation(len(y))[256:512]
    loss = reference.losses(X[second], y[second], W, b).mean()
    assert fatal.last_finite_batch_loss == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(found.logits, X[found.example] @ W + b, atol=1e-3)
    assert found.weight_norm == pytest.approx(np.linalg.norm(W), rel=1e-5)
    assert found.bias_norm == pytest.approx(np.linalg.norm(b), rel=1e-5)


def test_a_replay_that_breaks_elsewhere_claims_nothing(splits):
    train_split, _ = splits
    column, before, fatal, keys = diverge(train_split)
    for wrong in (
        replace(fatal, diverged_update=fatal.diverged_update + 1),
        replace(fatal, last_finite_batch_loss=np.nextafter(fatal.last_finite_batch_loss, 100)),
    ):
        found = examine_one(train_split, column, before, wrong, **keys)
        assert found.cause == "unknown"
        assert "no cause is claimed" in found.sentence
        assert found.example is None


def one_image(logits, label, *, scale=1.0):
    """A data set of one image whose logits under W = 0 and bias b are b."""
    images = np.full((1, 28, 28), scale, np.float32)
    b = np.zeros(10, np.float32)
    b[: len(logits)] = logits
    return Split(images, np.array([label], np.float32)), np.zeros((784, 10), np.float32), b


CASES = [  # loss, logits, label, cause, quantity, guilty class
    ("pick_log", [89, 80, 80], 1, "exp_overflow", "exponential", 0),
    ("pick_log", [88.5, 88.5, 88.5], 0, "exp_overflow", "partition sum", 0),
    ("pick_log", [60, 0, -50], 0, "zero_probability", "log", 2),
    ("pick_log", [60, 0, -50], 2, "zero_probability", "log", 2),
    ("pick_log", [40, 0, -52], 0, "reciprocal_overflow", "gradient by probability", 2),
    ("pick_log", [40, 0, -52], 2, "reciprocal_overflow", "gradient by probability", 2),
    ("pick_log", [-104] * 10, 0, "sum_underflow", "probability", 0),
    ("log_pick", [89, 80, 80], 1, "exp_overflow", "exponential", 0),
    ("log_pick", [60, 0, -50], 2, "zero_probability", "log", 2),
    ("log_pick", [40, 0, -52], 2, "reciprocal_overflow", "gradient by probability", 2),
    ("log_pick", [-104] * 10, 0, "sum_underflow", "probability", 0),
]


def post_mortem_of(split, W, b, loss, step_size=1 / 256):
    """The post-mortem of the first update of these parameters, as the trainer makes it."""
    from runner.columns import blocks_of, parameters_of, update
    from runner.train import Record

    (block,) = blocks_of([(W, b)], [step_size])
    X, y = nd.array(split.images.reshape(-1, 784)), nd.array(split.labels)
    block, losses, _ = update(loss, block, X, X.T, y)
    ((mean_loss,),) = losses.asnumpy().astype(float)
    finite = bool(np.isfinite(mean_loss))
    ((W_after, b_after),) = parameters_of([block])
    assert not (finite and np.isfinite(W_after).all() and np.isfinite(b_after).all())
    fatal = Record(
        0,
        1,
        {},
        W,
        b,
        diverged_update=int(finite),
        last_finite_batch_loss=mean_loss if finite else None,
    )
    column = Column(step_size, 0, 1.0, True)
    keys = {"batch_size": 1, "order_seed": 2, "loss": loss}
    return examine_one(split, column, Record(0, 0, {}, W, b), fatal, **keys)


@pytest.mark.parametrize(("loss", "logits", "label", "cause", "quantity", "guilty"), CASES)
def test_a_hand_made_image_dies_of_its_cause(loss, logits, label, cause, quantity, guilty):
    split, W, b = one_image(logits, label)
    found = post_mortem_of(split, W, b, loss)
    assert (found.cause, found.quantity) == (cause, quantity)
    assert (found.update, found.example, found.label) == (1, 0, label)
    assert found.guilty_class == guilty
    whose = "(its label)" if guilty == label else "(not its label)"
    assert whose in found.sentence or cause in ("exp_overflow", "sum_underflow")


@pytest.mark.parametrize("loss", ["pick_log", "log_pick", "log_softmax"])
def test_an_absurd_learning_rate_lets_the_parameters_overflow(loss):
    split, W, b = one_image([1, 0, 0], 1, scale=4.0)
    found = post_mortem_of(split, W, b, loss, step_size=3e38)
    assert (found.cause, found.quantity) == ("parameter_overflow", "parameter W")
    assert (found.example, found.guilty_class) == (None, None)
    assert np.isfinite(found.gradient_norm)


@pytest.mark.parametrize("loss", ["pick_log", "log_pick", "log_softmax"])
def test_parameters_so_large_that_a_logit_overflows(loss):
    split, W, b = one_image([1, 0, 0], 1, scale=4.0)
    W[:, 3] = 1e38
    found = post_mortem_of(split, W, b, loss)
    assert (found.cause, found.quantity) == ("parameter_overflow", "logit")
    assert (found.example, found.guilty_class) == (0, 3)
    assert json.loads(found.to_json())["logits"][3] == "inf"


def test_a_sound_update_has_no_finding():
    split, W, b = one_image([1, 0, 0], 1)
    X, y = nd.array(split.images.reshape(-1, 784)), nd.array(split.labels)
    assert take_apart(X, y, nd.array([b]), W, b, "pick_log", 0.1) is None


def test_a_break_that_the_update_does_not_show_is_unknown(splits, monkeypatch):
    train_split, _ = splits
    column, before, fatal, keys = diverge(train_split)
    monkeypatch.setattr("runner.postmortem.take_apart", lambda *arguments: None)
    found = examine_one(train_split, column, before, fatal, **keys)
    assert found.cause == "unknown"
    assert "no cause is claimed" in found.sentence
