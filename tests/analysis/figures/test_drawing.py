"""What the pictures share: which values are shown."""

import pandas as pd

from analysis.figures import rates_of_panels, spread


def test_of_many_values_the_ends_are_shown():
    assert spread([3, 1, 2], 5) == [1, 2, 3]
    assert spread([], 2) == []
    assert spread(list(range(100)), 3) == [0, 50, 99]


def test_the_article_s_learning_rates_have_panels_among_many():
    grid = pd.DataFrame({"lr": [0.001, 0.004, 0.01, 0.04, 0.1, 0.4, 1.0, 4.0, 10.0]})
    assert rates_of_panels(grid) == [10.0, 1.0, 0.1, 0.01, 0.001]
    assert rates_of_panels(grid[grid["lr"].isin([0.4, 4.0])]) == [4.0, 0.4]
