"""Which runs make the grid of learning rates."""

import pandas as pd
from support.hand_made import GRID_RATES, grid_runs

from analysis.sections.grid import learning_rate_grid


def test_fewer_than_ten_learning_rates_of_one_loss_are_no_grid():
    runs = pd.concat(
        [
            grid_runs(GRID_RATES[:9]),
            grid_runs(GRID_RATES[1:], losses=["log_softmax"]),
        ]
    )
    assert learning_rate_grid(runs) is None


def test_the_grid_is_picked_from_among_other_sweeps():
    grid = grid_runs(losses=("pick_log", "log_softmax"))
    others = [
        grid_runs([1.0, 0.1], seeds=range(3, 31)),  # more seeds at single rates
        grid_runs([0.05], seeds=[2]),  # a single run between the rates
        grid_runs(GRID_RATES[:9], losses=["log_pick"]),
        grid_runs(batch_size=64, seeds=[1]),  # smaller grids of other designs
        grid_runs(init_sigma=0.01, seeds=[1]),
        grid_runs(division="python2", seeds=[1]),
        grid_runs(epochs=1, seeds=[1]),
        grid_runs(order_seed=2, seeds=[2]),
    ]
    together = pd.concat([*others, grid], ignore_index=True)
    found = learning_rate_grid(together.sample(frac=1, random_state=0))
    columns = list(grid.columns)
    pd.testing.assert_frame_equal(
        found.sort_values(columns, ignore_index=True), grid.sort_values(columns, ignore_index=True)
    )


def test_a_grid_whose_seeds_draw_their_own_order_is_one_too():
    runs = grid_runs(seeds=[1, 2, 3])
    own = runs.assign(order_seed=runs["seed"])
    found = learning_rate_grid(pd.concat([own, grid_runs(seeds=[4])], ignore_index=True))
    assert sorted(found["seed"].unique()) == [1, 2, 3]
    assert (found["seed"] == found["order_seed"]).all()
