"""The reproducibility horizon, by hand-made runs and their twins."""

import numpy as np
import pandas as pd
import pytest
from support.hand_made import article_run, evidence_of, some_runs
from support.rendered import rendered

from analysis.reading import EPOCH_METRICS
from analysis.sections.horizon.section import HORIZON
from analysis.sections.horizon.sentences import sentences
from analysis.sections.horizon.twins import find_twins

ACCURACIES = {  # by learning rate: of each seed the run and two twins
    1.0: {1: (0.80, 0.81, 0.79), 2: (0.82, 0.82, 0.805)},
    0.1: {1: (0.72, 0.72, 0.7201), 2: (0.73, 0.73, 0.73)},
}
NUMBERS = (0, 7, 8)


def runs_and_twins():
    """Two seeds at two learning rates; pick_log dies at 1, each twin an update later."""
    runs, epochs = [], []

    def add(loss, lr, seed, place, accuracy, update):
        one = article_run(
            loss, lr, seed, order_seed=seed, update=update, test_acc=accuracy,
            rounding=NUMBERS[place],
        )  # fmt: skip
        one["run_id"] += f"-{place}"
        runs.append(one)
        for epoch in range(2 if update else 6):
            grown = 1 + place * 2e-8 * (10**epoch if lr == 1 else 1)  # amplified, or not
            rows = {**dict.fromkeys(EPOCH_METRICS, 0.5), "test_loss": 2 * grown}
            epochs.append({**rows, "run_id": one["run_id"], "epoch": epoch})

    for lr, seeds in ACCURACIES.items():
        for seed, three in seeds.items():
            for place, accuracy in enumerate(three):
                add("log_softmax", lr, seed, place, accuracy, None)
                if lr == 1:
                    add("pick_log", lr, seed, place, 0.1, 5 + (place == 2))
    return pd.DataFrame(runs), pd.DataFrame(epochs)


@pytest.fixture
def found():
    return {(one.loss, one.lr): one for one in find_twins(*runs_and_twins())}


def test_twins_are_paired_by_all_that_they_share(found):
    one = found["log_softmax", 1.0]
    assert (one.families, one.pairs, one.died, one.one_died) == (2, 4, 0, 0)
    assert sorted(one.differences) == pytest.approx([0.0, 0.01, 0.01, 0.015])
    assert one.median == pytest.approx(0.01)
    # variances by hand: of (0.80, 0.81, 0.79) 1e-4, of (0.82, 0.82, 0.805) 7.5e-5
    assert one.rounding == pytest.approx(np.sqrt((1e-4 + 7.5e-5) / 2))
    assert np.isnan(one.seed)  # seeds were not crossed with orders
    assert one.growth == pytest.approx({n: 3e-8 * 10**n for n in range(6)}, rel=1e-6)
    died = found["pick_log", 1.0]
    assert (died.died, died.elsewhere, len(died.differences)) == (4, 2, 0)


def test_the_sentences_say_from_where_on_no_run_can_be_reproduced():
    twins = find_twins(*runs_and_twins())
    first, last = sentences(twins)
    assert first.startswith("6 runs were trained again from the same weights, but with the last")
    assert "(12 pairs)" in first
    assert last == (
        "From learning rate 1 on nobody can reproduce a run, only a distribution: with the stable "
        "loss a last bit grows to 3e-03 of the test loss. At 0.1 it stays at 3e-08: a run can be "
        "repeated."
    )
    assert sentences([one for one in twins if one.lr == 0.1])[-1] == (
        "Up to learning rate 0.1 a last bit is not amplified, so a run can be repeated."
    )


def test_spreads_of_seeds_and_orders_stand_beside_it_where_they_were_crossed():
    runs, epochs = runs_and_twins()
    crossed = [
        article_run("log_softmax", 0.1, seed, order_seed=order, test_acc=0.7 + seed / 100)
        for seed in range(3, 6)
        for order in range(3, 6)
    ]
    both = pd.concat([runs, pd.DataFrame(crossed)], ignore_index=True)
    (one,) = (one for one in find_twins(both, epochs) if one.lr == 0.1)
    assert one.order == pytest.approx(0, abs=0.003)
    assert one.seed == pytest.approx(0.01, abs=0.003)
    assert one.pairs == 4  # runs without a twin are in no pair


def test_the_section_has_a_picture_and_a_table_or_says_that_nothing_has_a_twin(panels):
    made = HORIZON.make(evidence_of(*runs_and_twins()))
    assert panels(made["picture"]) == 2
    text = rendered(HORIZON, made)
    assert "| stable loss | 1 | 2 | 4 | 0 | 0 | 0 | 0.0100 | 0.0150 | 0.00935 |" in text
    assert HORIZON.make(evidence_of(*some_runs([0.1], 2))) == (
        "the reproducibility horizon: no run has a twin that differs in a last bit (rounding)"
    )


def test_twins_are_no_further_runs_for_the_other_sections():
    evidence = evidence_of(*runs_and_twins())
    assert len(evidence.runs) == 6
    assert set(evidence.epochs["run_id"]) == set(evidence.runs["run_id"])
    flipped = evidence.study.runs[evidence.study.runs["rounding"] != 0]
    assert len(evidence_of(flipped, evidence.study.epochs).runs) == 12  # nothing else is there
