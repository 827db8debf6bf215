"""The map of learning rate and batch size: its cells are those of the runs."""

import pandas as pd
from support.hand_made import evidence_of, runs_of, some_runs

from analysis.sections.batch_sizes import BATCH_SIZES, learning_rate_by_batch_size


def test_a_cell_of_the_map_has_the_survivors_median_and_the_share_that_died(drawn):
    runs = pd.concat([some_runs([1.0, 0.1], 4)[0], some_runs([0.1], 4, batch_size=64)[0]])
    runs = runs.reset_index(drop=True)
    runs["test_acc"] = [0.5, 0.6, 0.7, 0.8, 0.1, 0.2, 0.3, 0.9, 0.4, 0.4, 0.4, 0.4]
    runs.loc[[7, 8, 9, 10, 11], "outcome"] = "diverged"
    ax, _ = drawn(learning_rate_by_batch_size, runs).axes
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0.1", "1"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["64", "256"]
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    assert cells == {
        (0, 0): "100 % died",
        (0, 1): "0.200\n25 % died",
        (1, 1): "0.650\n0 % died",
    }


def test_a_map_has_cells_without_runs_and_without_survivors(panels):
    runs = pd.concat(
        [
            some_runs([1.0, 0.1], 3, (1.0,))[0],
            some_runs([0.1], 3, batch_size=64)[0],
        ]
    )
    assert panels(learning_rate_by_batch_size(runs)) == 2  # the map and its scale
    assert panels(learning_rate_by_batch_size(runs.assign(outcome="diverged"))) == 2


def test_the_section_counts_the_runs_of_a_cell():
    first = {seed: 0.5 + seed / 100 for seed in range(6)}
    second = {seed: 0.3 + seed / 80 for seed in range(6)}
    frames = runs_of((0.1, 64, first, 1), (0.1, 256, second, 1), (1.0, 64, second, 1))
    assert BATCH_SIZES.make(evidence_of(*frames))["cells"] == (6, 6)


def test_one_batch_size_has_no_map():
    assert BATCH_SIZES.make(evidence_of(*some_runs([1.0, 0.1], 2))) == (
        "learning rate by batch size: no learning rate was run with two batch sizes"
    )
