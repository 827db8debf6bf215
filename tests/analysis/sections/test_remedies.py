"""What helps against nan: counted by hand, and left out where nobody tried the remedies."""

import numpy as np
import pandas as pd
import pytest
from support.hand_made import evidence_of, some_runs

from analysis.printed import ARTICLE
from analysis.reading import SILENT
from analysis.sections.remedies import REMEDIES_TRIED

RATES = [1.0, 0.1]


def study(settings, *, seeds=5, orders=5, silent=0):
    """Runs of (learning rates lost, changed keys), five seeds in five orders, with their epochs.

    An epoch has `silent` examples for each epoch still to come, and as many more.
    """
    parts = [
        some_runs(RATES, seeds, lost, **{**ARTICLE, "order_seed": order, **changed})
        for lost, changed in settings
        for order in range(orders)
    ]
    runs, epochs = (pd.concat(frames, ignore_index=True) for frames in zip(*parts, strict=True))
    return runs, epochs.assign(**{SILENT: silent * (6.0 - epochs["epoch"])})


NOTHING, EXACT = ((1.0, 0.1), {}), ((), {"loss": "log_softmax"})
FLOORED = ((1.0,), {"loss": "log_eps"})
HALF = ((1.0,), {"loss": "max_pick_log"})
CLIPPED = ((1.0,), {"clip_gradient": 1.0})
DOUBLE = ((), {"dtype": "float64"})


def made(*settings, **changes):
    return REMEDIES_TRIED.make(evidence_of(*study(settings, **changes)))


def test_each_remedy_is_counted_at_each_rate_on_the_seeds_and_orders_that_all_share():
    contents = made(NOTHING, FLOORED, CLIPPED, DOUBLE, EXACT, silent=3)
    cells = {(row["remedy"], row["lr"]): row for row in contents["rows"]}
    assert {key: (row["runs"], row["died"]) for key, row in cells.items()} == {
        ("none", 1.0): (25, 25),
        ("none", 0.1): (25, 25),
        ("loss=log_eps", 1.0): (25, 25),
        ("loss=log_eps", 0.1): (25, 0),
        ("clip_gradient=1", 1.0): (25, 25),
        ("clip_gradient=1", 0.1): (25, 0),
        ("dtype=float64", 1.0): (25, 0),
        ("dtype=float64", 0.1): (25, 0),
        ("loss=log_softmax", 1.0): (25, 0),
        ("loss=log_softmax", 0.1): (25, 0),
    }
    first, last = cells["loss=log_eps", 0.1]["silent"]
    assert (set(first), set(last)) == ({15.0}, {3.0})
    assert cells["clip_gradient=1", 0.1]["silent"] is None
    assert cells["loss=log_softmax", 0.1]["silent"] is None
    assert cells["loss=log_eps", 1.0]["silent"] is None


def test_a_cost_is_the_difference_from_the_exact_loss_on_the_same_seeds_and_orders():
    runs, epochs = study((NOTHING, FLOORED, EXACT))
    rows = REMEDIES_TRIED.make(evidence_of(runs, epochs))["rows"]
    found = {(row["remedy"], row["lr"]): row["cost"].value for row in rows}

    def accuracies(loss):
        chosen = runs[(runs["loss"] == loss) & (runs["lr"] == 0.1)]
        return chosen.set_index(["seed", "order_seed"])["test_acc"].sort_index().to_numpy()

    expected = (accuracies("log_eps") - accuracies("log_softmax")).mean()
    assert found["loss=log_eps", 0.1] == pytest.approx(expected)
    assert np.isnan(found["loss=log_eps", 1.0])  # no pair of survivors
    assert np.isnan(found["loss=log_softmax", 0.1])


def test_the_advice_is_what_lost_no_run_and_hides_no_example():
    said = made(NOTHING, FLOORED, HALF, EXACT, silent=1000)["sentences"]
    assert said == [
        "Without a remedy 50 of 50 runs became nan.",
        "A lower learning rate alone: at 0.1, 25 of 25 still became nan.",
        "With loss=log_eps, up to 1,000 training examples of a surviving run were silent in its "
        "last epoch (at learning rate 0.1). Nothing was learned from them, and no nan says so.",
        "Use loss=log_softmax: no run became nan, and no example was silent in the last epoch.",
    ]


def test_of_remedies_that_lost_no_run_the_one_that_cannot_overflow_is_advised():
    sound = "no run became nan, and no example was silent in the last epoch."
    *_, advice, other = made(NOTHING, DOUBLE, EXACT)["sentences"]
    assert advice == f"Use loss=log_softmax: {sound}"
    assert other == (
        "No run became nan with dtype=float64 either, but there the loss can still overflow."
    )
    *_, advice = made(NOTHING, DOUBLE, FLOORED)["sentences"]
    assert advice == f"Use dtype=float64: {sound}"


def test_where_every_remedy_fails_none_is_advised():
    *_, advice = made(NOTHING, FLOORED, HALF)["sentences"]
    assert advice == "No remedy prevented every nan without silent examples."


def test_of_few_runs_no_remedy_is_advised():
    *_, last = made(NOTHING, FLOORED, EXACT, seeds=2, orders=2)["sentences"]
    assert last == "With fewer than 5 runs of each, nothing more can be said."


@pytest.mark.parametrize(
    "settings",
    [
        (NOTHING, EXACT),
        (FLOORED, EXACT),
        (NOTHING, EXACT, ((), {"init_sigma": 0.01})),
        (NOTHING, ((), {"loss": "log_eps", "batch_size": 64})),
    ],
)
def test_without_the_article_s_loss_or_a_remedy_of_it_the_section_is_left_out(settings):
    assert made(*settings).startswith("what helps against nan: the article's loss and its remedies")


def test_runs_of_fewer_examples_are_not_compared_with_the_others():
    runs, epochs = study((NOTHING, FLOORED, EXACT))
    few, of_few = study((NOTHING, FLOORED), seeds=2)
    few, of_few = (frame.assign(run_id="few " + frame["run_id"]) for frame in (few, of_few))
    both = pd.concat([few.assign(**{"data.train_limit": 2000, "outcome": "trained"}), runs])
    contents = REMEDIES_TRIED.make(evidence_of(both, pd.concat([of_few, epochs])))
    died = {(row["remedy"], row["lr"]): row["died"] for row in contents["rows"]}
    assert died["loss=log_eps", 1.0] == 25


def test_remedies_may_be_tried_at_other_settings_than_the_article_s():
    runs, epochs = study((NOTHING, FLOORED, EXACT))
    shorter = runs.assign(epochs=1, outcome="trained")
    contents = REMEDIES_TRIED.make(evidence_of(shorter, epochs))
    assert {(row["runs"], row["died"]) for row in contents["rows"]} == {(25, 0)}


def test_runs_that_share_no_order_are_not_compared():
    runs, epochs = study((NOTHING, FLOORED))
    orders = runs["order_seed"].where(runs["loss"] == "pick_log", runs["order_seed"] + 10)
    found = REMEDIES_TRIED.make(evidence_of(runs.assign(order_seed=orders), epochs))
    assert found.endswith("were not run on the same seeds and orders")
