"""How often the frozen-model test errs."""

import numpy as np
from scipy import stats

from analysis.printed.frozen.error_rates import error_rates
from analysis.printed.frozen.rows import printed_frozen
from analysis.printed.frozen.untrained import simulate
from analysis.printed.frozen.verdict import judge


def test_frozen_rows_are_rejected_as_often_as_the_level_says(few, few_untrained):
    held_out = simulate(*few, np.random.default_rng(3), models=300, shuffles=5)
    p_values = [judge(row, few_untrained).p_value for row in printed_frozen(held_out, 5)]
    assert len(p_values) == 300
    for level in (0.05, 0.5):
        low, high = stats.binom(300, level).interval(0.999)
        assert low <= sum(p_value <= level for p_value in p_values) <= high
    rates = error_rates(few_untrained, held_out)
    assert rates.frozen_rejected == np.mean(np.array(p_values) <= 0.05)
    assert rates.frozen_rows == 300
