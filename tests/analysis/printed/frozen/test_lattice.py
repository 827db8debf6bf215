"""The training accuracies that a model that never moves can print: against brute force."""

import itertools

import numpy as np
import pytest
from support import reference

from analysis.printed.frozen.lattice import on_lattice


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
