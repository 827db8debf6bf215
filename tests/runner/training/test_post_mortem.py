"""The cause of a divergence against an independent recomputation and hand-made cases."""

import json
from dataclasses import replace

import numpy as np
import pytest
from mxnet import nd
from support import reference
from support.columns import drawn

from runner.data import FASHION_MNIST, Split
from runner.losses import LOSSES
from runner.records import Record
from runner.training.post_mortem import examine
from runner.training.trainer import train

KEYS = {"batch_size": 256, "order_seed": 2, "loss": "pick_log"}


def diverge(split, *, lr=1, dtype="float32", **changes):
    """Train to a divergence; the column, the record before the fatal one, that one, the keys."""
    keys = {**KEYS, **changes}
    column = drawn(lr / 256, keys["order_seed"], dtype=dtype)
    *_, (before,), (fatal,) = train(split, split.first(100), [column], epochs=5, **keys)
    return column, before, fatal, keys


def examine_one(split, column, before, fatal, **keys):
    """The post-mortem of a run alone."""
    return examine(split, [column], [before], [fatal], labels=FASHION_MNIST.labels, **keys)[0]


@np.errstate(all="ignore")
def quantities_of(X, y, W, b, loss):
    """Every quantity of the lesson's update in NumPy and the dtype of W, by name, in its order."""
    number = W.dtype.type
    X, b, epsilon = X.astype(number), b.astype(number), number(1e-10)
    of_label = np.eye(10, dtype=number)[y]
    found = {"logit": (X.astype(float) @ W + b).astype(number)}
    shift = found["logit"].max(axis=1, keepdims=True) if loss == "max_pick_log" else 0
    e = found["exponential"] = np.exp(found["logit"] - shift)
    s = found["partition sum"] = e.sum(axis=1, keepdims=True)
    p = found["probability"] = e / s
    p_label = p[np.arange(len(y)), y]
    floored = {"log_eps": p + epsilon, "log_clip": np.clip(p, epsilon, 1)}.get(loss, p)
    found["log"] = np.log(p_label if loss == "log_pick" else floored)
    found["loss"] = -np.log(floored[np.arange(len(y)), y])
    by_p = np.where(of_label == 1, -1 / p, 0) if loss == "log_pick" else -of_label * (1 / floored)
    if loss == "log_clip":
        by_p = np.where(p < epsilon, 0 * by_p, by_p)
    found["gradient by probability"] = by_p
    by_e = by_p / s - (by_p * (e / (s * s))).sum(axis=1, keepdims=True)
    found["gradient by logit"] = by_e * e
    found["gradient by W"] = X.T @ found["gradient by logit"]
    found["gradient by b"] = found["gradient by logit"].sum(axis=0)
    return found


def replay(split, before, update, *, loss, lr, order_seed):
    """The rows of that update's batch and the parameters before it, by the lesson in NumPy.

    In the dtype of W and factor by factor: where the partition sum's square overflows, the lesson's
    gradient is finite and not p - onehot(y).
    """
    X, y = split.images.reshape(-1, 784), split.labels.astype(int)
    order = np.random.RandomState(order_seed).permutation(len(y))
    W, b = before.W, before.b
    for start in range(0, (update - 1) * 256, 256):
        rows = order[start : start + 256]
        quantities = quantities_of(X[rows], y[rows], W, b, loss)
        W = W - W.dtype.type(lr / 256) * quantities["gradient by W"]
        b = b - W.dtype.type(lr / 256) * quantities["gradient by b"]
    return order[(update - 1) * 256 : update * 256], W, b


@pytest.mark.parametrize(
    ("dtype", "loss", "lr", "seed", "cause", "update"),
    [
        ("float32", "pick_log", 1, 1, "reciprocal_overflow", 2),
        ("float32", "pick_log", 1, 2, "reciprocal_overflow", 2),
        ("float32", "pick_log", 1, 3, "reciprocal_overflow", 2),
        ("float32", "pick_log", 1, 4, "zero_probability", 1),
        ("float32", "pick_log", 0.01, 4, "zero_probability", 1),
        ("float32", "log_pick", 2, 4, "exp_overflow", 3),
        ("float32", "log_pick", 1, 2, "reciprocal_overflow", 3),
        ("float32", "max_pick_log", 1, 1, "reciprocal_overflow", 2),
        ("float32", "max_pick_log", 1, 4, "zero_probability", 1),
        ("float32", "log_eps", 2, 4, "exp_overflow", 5),
        ("float32", "log_clip", 2, 4, "exp_overflow", 5),
        ("float64", "pick_log", 10, 4, "zero_probability", 2),
    ],
)
def test_the_cause_is_what_numpy_finds_first_in_a_replay_of_its_own(
    splits, dtype, loss, lr, seed, cause, update
):
    train_split, _ = splits
    column, before, fatal, keys = diverge(
        train_split, loss=loss, lr=lr, order_seed=seed, dtype=dtype
    )
    found = examine_one(train_split, column, before, fatal, **keys)
    assert (found.cause, found.epoch, found.update) == (cause, fatal.epoch, update)
    # A loss that is itself not finite is found one update before parameters broken by it.
    assert fatal.diverged_update == (update - 1 if cause == "exp_overflow" else update)
    rows, W, b = replay(train_split, before, update, loss=loss, lr=lr, order_seed=seed)
    X, y = train_split.images.reshape(-1, 784)[rows], train_split.labels[rows].astype(int)
    quantities = quantities_of(X, y, W, b, loss)
    names = list(quantities)
    for name in names[: names.index(found.quantity)]:
        assert np.isfinite(quantities[name]).all(), name
    broken = ~np.isfinite(quantities[found.quantity]).reshape(256, -1).all(axis=1)
    row = int(np.argmax(broken))
    assert broken[row]
    assert (found.example, found.label) == (rows[row], y[row])
    p = quantities["probability"][row, found.guilty_class]
    with np.errstate(divide="ignore", over="ignore"):
        reciprocal = np.reciprocal(p)  # 1 / p is float64 before NumPy 2
    if cause == "exp_overflow":
        assert np.isinf(quantities["exponential"][row, found.guilty_class])
    elif cause == "zero_probability":
        assert p == 0
    else:
        assert p > 0
        assert np.isinf(reciprocal)
    if loss == "log_pick" and cause != "exp_overflow":
        assert found.guilty_class == found.label
    logits = quantities["logit"][row]
    np.testing.assert_allclose(found.logits, logits, atol=1e-3)
    assert (found.largest_logit, found.smallest_logit) == (max(found.logits), min(found.logits))
    assert found.largest_logit - found.smallest_logit > 80
    smallest = quantities["probability"][row].min()
    assert found.smallest_probability == pytest.approx(smallest, rel=1e-3, nan_ok=True)
    assert found.weight_norm == pytest.approx(np.linalg.norm(W), rel=1e-5)
    assert found.bias_norm == pytest.approx(np.linalg.norm(b), rel=1e-5)
    gradient = np.append(quantities["gradient by W"], quantities["gradient by b"])
    assert found.gradient_norm == pytest.approx(np.linalg.norm(gradient), nan_ok=True)
    assert f"Update {update}, in epoch {fatal.epoch}" in found.sentence
    assert f"training image {found.example} " in found.sentence
    assert json.loads(found.to_json())["example"] == found.example


def test_the_last_finite_loss_is_that_of_the_batch_before(splits):
    train_split, _ = splits
    _, before, fatal, _ = diverge(train_split)
    number = fatal.diverged_update
    rows, W, b = replay(train_split, before, number, loss="pick_log", lr=1, order_seed=2)
    X, y = train_split.images.reshape(-1, 784)[rows], train_split.labels[rows].astype(int)
    loss = reference.losses(X, y, W, b).mean()
    assert fatal.last_finite_batch_loss == pytest.approx(loss, rel=1e-5)


def test_the_norms_of_parameters_that_overflow_are_numpy_s(splits):
    train_split, _ = splits
    lr = 3e38 * 256
    column, before, fatal, keys = diverge(train_split, loss="log_softmax", lr=lr)
    found = examine_one(train_split, column, before, fatal, **keys)
    assert (found.cause, found.quantity) == ("parameter_overflow", "parameter W")
    assert (found.update, found.example) == (1, None)
    rows, W, b = replay(train_split, before, 1, loss="log_softmax", lr=lr, order_seed=2)
    X, y = train_split.images.reshape(-1, 784)[rows], train_split.labels[rows].astype(int)
    gradient = np.append(*reference.gradients(X.astype(float), y, W, b))
    with np.errstate(over="ignore"):
        assert np.isinf((3e38 * gradient).astype(np.float32)).any()
    assert found.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-5)
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


def one_image(logits, label, *, scale=1.0, dtype="float32"):
    """A data set of one image whose logits under W = 0 and bias b are b."""
    images = np.full((1, 28, 28), scale, np.float32)
    b = np.zeros(10, dtype)
    b[: len(logits)] = logits
    return Split(images, np.array([label], np.float32)), np.zeros((784, 10), dtype), b


NOT_ITS_LABEL = ("reciprocal_overflow", "gradient by probability", 9)
CASES = [  # loss, logits, label, cause, quantity, guilty class
    ("pick_log", [89, 80, 80], 1, "exp_overflow", "exponential", 0),
    ("pick_log", [88.5, 88.5, 88.5], 0, "exp_overflow", "partition sum", 0),
    ("pick_log", [60, 0, -50], 0, "zero_probability", "log", 2),
    ("pick_log", [60, 0, -50], 2, "zero_probability", "log", 2),
    ("pick_log", [40, 0, -52], 0, "reciprocal_overflow", "gradient by probability", 2),
    ("pick_log", [40, 0, -52], 2, "reciprocal_overflow", "gradient by probability", 2),
    ("pick_log", [60, -50, -50], 2, "zero_probability", "log", 2),
    ("pick_log", [60, -60, -61], 2, "zero_probability", "log", 2),
    ("pick_log", [-60] + [-120] * 9, 0, "zero_probability", "log", 1),
    ("pick_log", [-104] * 10, 0, "sum_underflow", "probability", 0),
    ("pick_log", [-70] * 10, 0, "sum_underflow", "gradient by logit", 0),
    ("pick_log", [-46] + [-92] * 9, 1, "gradient_overflow", "gradient by logit", 1),
    ("pick_log", [-46] + [-92] * 9, 2, "gradient_overflow", "gradient by logit", 2),
    ("log_pick", [89, 80, 80], 1, "exp_overflow", "exponential", 0),
    ("log_pick", [60, 0, -50], 2, "zero_probability", "log", 2),
    ("log_pick", [40, 0, -52], 2, "reciprocal_overflow", "gradient by probability", 2),
    ("log_pick", [-104] * 10, 0, "sum_underflow", "probability", 0),
    ("log_pick", [-60] + [-120] * 9, 0, "sum_underflow", "gradient by logit", 0),
    ("log_pick", [-46] + [-92] * 9, 1, "gradient_overflow", "gradient by logit", 1),
    ("log_pick", [-40] + [-90] * 9, 1, "gradient_overflow", "gradient by logit", 1),
    ("max_pick_log", [160, 0, 100], 1, "zero_probability", "log", 1),
    ("max_pick_log", [140, 48] + [100] * 8, 0, "reciprocal_overflow", "gradient by probability", 1),
    ("max_pick_log", [-92, -104] + [-92] * 7 + [-184], 1, *NOT_ITS_LABEL),
    ("log_eps", [89, 80, 80], 1, "exp_overflow", "exponential", 0),
    ("log_eps", [-104] * 10, 0, "sum_underflow", "probability", 0),
    ("log_eps", [-70] * 10, 0, "sum_underflow", "gradient by logit", 0),
    ("log_clip", [89, 80, 80], 0, "exp_overflow", "exponential", 0),
    ("log_clip", [-104] * 10, 0, "sum_underflow", "probability", 0),
    ("log_clip", [-60] + [-120] * 9, 1, "sum_underflow", "gradient by logit", 0),
]
CASES_OF_FLOAT64 = [
    ("pick_log", [710, 640, 640], 1, "exp_overflow", "exponential", 0),
    ("pick_log", [709.5, 709.5, 709.5], 0, "exp_overflow", "partition sum", 0),
    ("pick_log", [400, 0, -350], 0, "zero_probability", "log", 2),
    ("pick_log", [400, 0, -312], 0, "reciprocal_overflow", "gradient by probability", 2),
    ("pick_log", [-750] * 10, 0, "sum_underflow", "probability", 0),
    ("pick_log", [-400] * 10, 0, "sum_underflow", "gradient by logit", 0),
    ("pick_log", [-360] + [-720] * 9, 1, "gradient_overflow", "gradient by logit", 1),
    ("log_pick", [400, 0, -350], 2, "zero_probability", "log", 2),
    ("log_pick", [400, 0, -312], 2, "reciprocal_overflow", "gradient by probability", 2),
    ("log_pick", [-360] + [-720] * 9, 1, "gradient_overflow", "gradient by logit", 1),
    ("max_pick_log", [1460, 700, 900], 1, "zero_probability", "log", 1),
    (
        "max_pick_log",
        [1000, 288] + [400] * 8,
        0,
        "reciprocal_overflow",
        "gradient by probability",
        1,
    ),
    ("log_eps", [710, 640, 640], 1, "exp_overflow", "exponential", 0),
    ("log_eps", [-400] * 10, 0, "sum_underflow", "gradient by logit", 0),
    ("log_clip", [710, 640, 640], 0, "exp_overflow", "exponential", 0),
    ("log_clip", [-750] * 10, 0, "sum_underflow", "probability", 0),
]
ALL_CASES = [
    *(("float32", *case) for case in CASES),
    *(("float64", *case) for case in CASES_OF_FLOAT64),
]


def post_mortem_of(split, W, b, loss, step_size=1 / 256):
    """The post-mortem of the first update of these parameters, as the trainer makes it."""
    from runner.training.batches import take
    from runner.training.stack_update import blocks_of, parameters_of, updates

    (block,) = blocks_of([(W, b)], [step_size])
    X, y = nd.array(split.images.reshape(-1, 784)), nd.array(split.labels)
    rows = nd.arange(len(split.labels), dtype="int32").reshape((1, -1))
    block, (losses, _) = updates(loss, block, take(X, rows, y.reshape(rows.shape)))
    mean_loss = float(losses.asnumpy().mean(dtype=float))
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
    column = drawn(step_size, 0)
    keys = {"batch_size": len(split.labels), "order_seed": 2, "loss": loss}
    return examine_one(split, column, Record(0, 0, {}, W, b), fatal, **keys)


@pytest.mark.parametrize(
    ("dtype", "loss", "logits", "label", "cause", "quantity", "guilty"), ALL_CASES
)
def test_a_hand_made_image_dies_of_its_cause(dtype, loss, logits, label, cause, quantity, guilty):
    split, W, b = one_image(logits, label, dtype=dtype)
    found = post_mortem_of(split, W, b, loss)
    assert (found.cause, found.quantity) == (cause, quantity)
    assert (found.update, found.example, found.label) == (1, 0, label)
    assert found.guilty_class == guilty
    whose = "(its label)" if guilty == label else "(not its label)"
    assert whose in found.sentence or cause in ("exp_overflow", "sum_underflow")
    if "overflows float" in found.sentence:
        assert f"overflows {dtype}" in found.sentence
    quantities = quantities_of(split.images.reshape(1, 784), np.array([label]), W, b, loss)
    broken = [name for name, values in quantities.items() if not np.isfinite(values).all()]
    assert broken[0] == quantity
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        reciprocals = 1 / quantities["probability"]
        quotients = reciprocals / quantities["partition sum"]
    if cause == "gradient_overflow":
        assert np.isfinite(reciprocals).all()
        assert np.isinf(quotients[0, guilty])
        assert "1/p is finite" in found.sentence
    if cause in ("reciprocal_overflow", "zero_probability"):
        assert np.isinf(reciprocals[0, guilty])


@pytest.mark.parametrize("loss", LOSSES)
def test_images_so_large_that_the_gradient_by_the_weights_overflows(loss):
    one, W, b = one_image([1, 0, 0], 1, scale=3e38)
    split = Split(np.repeat(one.images, 2, axis=0), np.repeat(one.labels, 2))
    found = post_mortem_of(split, W, b, loss, step_size=1)
    assert (found.cause, found.quantity) == ("gradient_overflow", "gradient by W")
    assert (found.example, found.guilty_class) == (None, None)
    assert "the gradient by W left the range of float32" in found.sentence


@pytest.mark.parametrize("loss", LOSSES)
def test_an_absurd_learning_rate_lets_the_parameters_overflow(loss):
    split, W, b = one_image([1, 0, 0], 1, scale=4.0)
    found = post_mortem_of(split, W, b, loss, step_size=3e38)
    assert (found.cause, found.quantity) == ("parameter_overflow", "parameter W")
    assert (found.example, found.guilty_class) == (None, None)
    assert np.isfinite(found.gradient_norm)


@pytest.mark.parametrize("loss", LOSSES)
def test_parameters_so_large_that_a_logit_overflows(loss):
    split, W, b = one_image([1, 0, 0], 1, scale=4.0)
    W[:, 3] = 1e38
    found = post_mortem_of(split, W, b, loss)
    assert (found.cause, found.quantity) == ("parameter_overflow", "logit")
    assert (found.example, found.guilty_class) == (0, 3)
    assert json.loads(found.to_json())["logits"][3] == "inf"


def test_a_break_that_the_update_does_not_show_is_unknown(splits, monkeypatch):
    train_split, _ = splits
    column, before, fatal, keys = diverge(train_split)
    monkeypatch.setattr("runner.training.post_mortem.first_non_finite", lambda *arguments: None)
    found = examine_one(train_split, column, before, fatal, **keys)
    assert found.cause == "unknown"
    assert "no cause is claimed" in found.sentence
