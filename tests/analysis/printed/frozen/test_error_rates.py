"""How often the frozen-model test errs."""

import numpy as np
import pytest
from scipy import stats

from analysis.printed.frozen.error_rates import cross_validated, error_rates
from analysis.printed.frozen.rows import printed_frozen
from analysis.printed.frozen.untrained import simulate
from analysis.printed.frozen.verdict import judge


@pytest.mark.slow
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


@pytest.mark.slow
def test_every_model_is_judged_once_and_by_the_others(few_untrained):
    found = cross_validated(few_untrained, folds=4, epochs=5)
    assert found.frozen_rows == 200 * (30 // 5)
    models = np.arange(200)
    rejected = []
    for fold in np.array_split(models, 4):
        others = few_untrained.of(np.setdiff1d(models, fold))
        assert others.loss.shape == (150, 1)
        rows = printed_frozen(few_untrained.of(fold), 5)
        rejected += [not judge(row, others).frozen for row in rows]
    assert found.frozen_rejected == pytest.approx(np.mean(rejected))
