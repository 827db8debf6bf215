"""What else could have been printed: shares, causes, orders, doomed seeds."""

import re

import numpy as np
import pandas as pd
import pytest
from mxnet import autograd, nd

from analysis.reading.runs import EPOCH_METRICS, PARAMS
from analysis.sections.forms.causes import of_causes
from analysis.sections.forms.doomed import doomed_examples, doomed_seeds
from analysis.sections.forms.section import counterfactual_section
from analysis.sections.forms.tables import (
    ARTICLE,
    best_rate_by_seed,
    divergences,
    over_orders,
    would_have_printed,
)
from analysis.statistics.intervals import wilson
from runner.losses import CAUSES, LOSSES
from runner.records import PostMortem
from runner.training.lesson import init_parameters, linear


def run(loss, lr, seed, *, order_seed=1, update=None, cause=None, test_acc=0.7, **changes):
    """A row of the frame of runs; with an update it diverged of a cause."""
    keys = {**dict.fromkeys(PARAMS, 0), **ARTICLE, "on_divergence": "stop", **changes}
    return {
        **keys,
        "loss": loss,
        "lr": lr,
        "seed": seed,
        "order_seed": order_seed,
        "run_id": f"{loss}-{lr}-{seed}-{order_seed}",
        "outcome": "trained" if update is None else "diverged",
        "diverged_update": np.nan if update is None else update,
        "diverged_epoch": np.nan if update is None else 1 + update // 235,
        "divergence_cause": cause,
        "test_acc": test_acc,
    }


def epochs_of(runs):
    """Five epochs of each run, one of a run that diverged in the first; figures tell them apart."""
    rows = []
    for one in runs.to_dict("records"):
        last = 1 if one["outcome"] == "diverged" else 5
        for epoch in range(last + 1):
            figures = dict.fromkeys(EPOCH_METRICS, 0.01 * one["seed"] + epoch)
            rows.append({"run_id": one["run_id"], "lr": one["lr"], "epoch": epoch, **figures})
    return pd.DataFrame(rows)


def test_divergences_are_counted_once_per_seed_with_their_updates_and_causes():
    runs = pd.DataFrame(
        [
            *(run("pick_log", 1.0, seed, update=seed, cause="exp_overflow") for seed in (1, 2, 3)),
            run("pick_log", 1.0, 4, update=9, cause="zero_probability"),
            run("pick_log", 1.0, 4, order_seed=2, update=1, cause="unknown"),
            run("pick_log", 1.0, 3, update=3, on_divergence="continue"),
            run("pick_log", 1.0, 5),
            run("log_softmax", 1.0, 1),
        ]
    )
    table = divergences(runs).set_index("loss")
    naive = table.loc["pick_log"]
    assert (naive["runs"], naive["diverged"]) == (5, 4)
    assert (naive["low"], naive["high"]) == wilson(4, 5)
    assert (naive["update_min"], naive["update_median"], naive["update_max"]) == (1, 2.5, 9)
    assert np.isnan(naive["update_low"])  # four are too few for an interval
    assert list(naive["causes"].items()) == [("exp_overflow", 3), ("zero_probability", 1)]
    safe = table.loc["log_softmax"]
    assert (safe["runs"], safe["diverged"], safe["causes"]) == (1, 0, {})
    assert np.isnan(safe["update_median"])


def test_a_seed_in_many_orders_has_a_share_of_its_own():
    runs = pd.DataFrame(
        [
            *(run("pick_log", 1.0, 1, order_seed=order, update=order) for order in range(1, 6)),
            *(run("pick_log", 1.0, 2, order_seed=order) for order in range(1, 5)),
        ]
    )
    (row,) = over_orders(runs).to_dict("records")
    assert (row["seed"], row["runs"], row["diverged"]) == (1, 5, 5)


def test_what_would_have_been_printed_is_the_median_over_survivors():
    runs = pd.DataFrame(
        [
            *(run("log_softmax", 1.0, seed) for seed in (1, 2, 5)),
            run("log_softmax", 1.0, 9, update=3),
            run("log_softmax", 0.1, 1),
            run("pick_log", 0.1, 1),
        ]
    )
    table = would_have_printed(runs, epochs_of(runs), "log_softmax")
    assert [(row["lr"], row["epoch"]) for row in table] == [
        (lr, epoch) for lr in (1.0, 0.1) for epoch in range(1, 6)
    ]
    first = table[0]
    assert first["runs"] == 3
    assert first["train_loss_batch_mean"] == pytest.approx(1.02)
    assert first["test_acc_batch_mean_low"] == pytest.approx(1.01)
    assert first["test_acc_batch_mean_high"] == pytest.approx(1.05)


def test_the_best_rate_is_counted_over_seeds_that_have_them_all():
    runs = pd.DataFrame(
        [
            run("log_softmax", 1.0, 1, test_acc=0.8),
            run("log_softmax", 0.1, 1, test_acc=0.7),
            run("log_softmax", 1.0, 2, test_acc=0.9, update=1),  # the best, but diverged
            run("log_softmax", 0.1, 2, test_acc=0.6),
            run("log_softmax", 1.0, 3, test_acc=0.8),
            run("log_softmax", 0.1, 3, test_acc=0.7),
            run("log_softmax", 0.1, 4, test_acc=0.9),  # never run at 1
        ]
    )
    assert best_rate_by_seed(runs, "log_softmax") == ({1.0: 2, 0.1: 1}, [1.0, 0.1])
    slow = pd.concat([runs, pd.DataFrame([run("log_softmax", 0.001, 1)])], ignore_index=True)
    assert best_rate_by_seed(slow, "log_softmax") == ({1.0: 2, 0.1: 1}, [1.0, 0.1])
    others = runs.assign(lr=runs["lr"] * 2)
    assert best_rate_by_seed(others, "log_softmax") == ({2.0: 2, 0.2: 1}, [2.0, 0.2])


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_an_example_is_doomed_where_mxnet_s_own_gradient_is_not_finite(splits, seed):
    train_split, _ = splits
    X = train_split.images.reshape(-1, 784)
    W, b = init_parameters(seed, 1.0)
    found = doomed_examples(X, train_split.labels, W.asnumpy(), b.asnumpy())
    for loss, form in LOSSES.items():
        logits = linear(nd.array(X), W, b)
        logits.attach_grad()
        with autograd.record():
            scores = form.scores(nd, logits)
            losses = form.cross_entropy(nd, scores, nd.array(train_split.labels))
        losses.backward()
        sound = np.isfinite(logits.grad.asnumpy()).all(axis=1) & np.isfinite(losses.asnumpy())
        np.testing.assert_array_equal(found[loss], ~sound)
    assert found["pick_log"].any() == (seed != 1)  # seed 1 is frozen under a step of size 0


def test_doomed_seeds_counts_examples_for_each_form():
    images = np.eye(2, 784, dtype=np.float32)
    labels = np.array([1, 0], np.float32)
    W = np.zeros((784, 10), np.float32)
    W[0, 0], W[1, 0] = 95.0, 60.0  # image 0 overflows e^X; image 1 has p of e^-60: sound
    b = np.zeros(10, np.float32)
    b[9] = -31.0  # and now its class 9 has a subnormal p, which is not its label
    table = doomed_seeds(images, labels, {7: (W, b)})
    assert table.loc[7].to_dict() == {"pick_log": 2, "log_pick": 1, "log_softmax": 0}


def test_the_section_says_how_often_of_what_and_which_rate_is_best():
    runs = pd.DataFrame(
        [
            *(run("pick_log", 1.0, seed, update=2, cause="exp_overflow") for seed in (1, 2, 3)),
            *(run("pick_log", 0.1, seed) for seed in (1, 2, 3)),
            *(run("log_softmax", lr, seed, test_acc=lr) for lr in (1.0, 0.1) for seed in (1, 2, 3)),
        ]
    )
    doomed = pd.DataFrame({"pick_log": [5, 0, 0], "log_softmax": [0, 0, 0]}, index=[1, 2, 3])
    section = counterfactual_section(runs, epochs_of(runs), doomed)
    text = "\n".join(section["sentences"])
    assert (
        "Runs that diverged with pick_log: 3 of 3 (44 to 100 %) at learning rate 1, after 2 updates"
        in text
    )
    assert "0 of 3 (0 to 56 %) at learning rate 0.1." in text
    assert "With pick_log 1 of 3 seeds (6 to 79 %) are at risk before the first update" in text
    assert "of those that were trained, 1 of 1 at learning rate 1, 0 of 1 at" in text
    assert "With log_softmax the best of the learning rates 1, 0.1 is 1: of the seeds" in text
    assert "3 of 3 have their highest final test accuracy there." in text
    assert section["columns"] == ["lr", "loss"]
    assert [(row["lr"], row["loss"]) for row in section["shares"]] == [
        (1.0, "pick_log"), (1.0, "log_softmax"), (0.1, "pick_log"), (0.1, "log_softmax"),
    ]  # fmt: skip
    assert "</svg>" in section["picture"]


def test_the_section_says_what_went_wrong_in_words():
    runs = pd.DataFrame(
        [
            *(run("pick_log", 1.0, seed, update=2, cause="exp_overflow") for seed in (1, 2)),
            run("pick_log", 1.0, 3, update=2, cause="zero_probability"),
            run("pick_log", 0.1, 1),
            run("pick_log", 0.1, 2, update=2, cause="zero_probability"),
            run("log_pick", 1.0, 1, update=2, cause="exp_overflow"),
            run("log_softmax", 1.0, 1),
        ]
    )
    said = counterfactual_section(runs, epochs_of(runs), pd.DataFrame())["sentences"]
    assert [one for one in said if one.startswith("What went wrong")] == [
        "What went wrong with pick_log: at learning rate 1, 2 of 3 died of exp_overflow (a logit "
        "so large that e to its power is inf, and inf / inf is nan), 1 of zero_probability "
        "(a probability of 0, whose log is \N{MINUS SIGN}inf); at learning rate 0.1, 1 of 2 died "
        "of zero_probability.",
        "What went wrong with log_pick: at learning rate 1, 1 of 1 died of exp_overflow.",
    ]


def test_of_many_learning_rates_all_runs_are_counted_together():
    rows = [
        {"loss": "log_pick", "lr": lr, "runs": 4, "diverged": lr % 2, "causes": causes}
        for lr in range(1, 21)
        for causes in [{"exp_overflow": 1} if lr % 2 else {}]
    ]
    assert of_causes(pd.DataFrame(rows), {"exp_overflow"}) == (
        "What went wrong with log_pick: 10 of 80 died of exp_overflow."
    )


def test_every_cause_of_a_post_mortem_has_words():
    named = set(re.findall(r"`(\w+)`:", PostMortem.__doc__))
    assert named == set(CAUSES)


def test_one_loss_alone_has_no_counterfactual():
    runs = pd.DataFrame([run("pick_log", 1.0, 1), run("pick_log", 0.1, 1)])
    assert counterfactual_section(runs, epochs_of(runs), pd.DataFrame()) is None
