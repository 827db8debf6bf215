"""Several figures beside simulated ones: the combined p-value."""

import numpy as np
import pytest

from analysis.printed.frozen.monte_carlo import compare


def test_the_combined_p_value_is_exact_for_exchangeable_rows():
    draw = np.random.RandomState(0)
    rows = draw.standard_normal((40, 3)) @ draw.standard_normal((3, 3))
    rows[:, 2] = rows[:, 2].round()  # ties

    def p_value(k):
        others = np.delete(rows, k, axis=0)
        return compare(
            dict(zip("abc", rows[k], strict=True)),
            {name: others[:, [column]] for column, name in enumerate("abc")},
            frozenset("a"),
        )[0]

    p_values = np.array([p_value(k) for k in range(40)])
    for rank in range(1, 41):
        assert (p_values <= rank / 40 + 1e-9).sum() <= rank
    assert (p_values <= 0.25 + 1e-9).sum() >= 5  # and it does reject


@pytest.mark.parametrize(
    ("found", "one_sided", "expected"), [(-1, "a", 1), (99, "a", 0.01), (-1, "", 0.02)]
)
def test_only_large_figures_count_where_the_figure_is_one_sided(found, one_sided, expected):
    """Two-sided, the largest of 99 simulated figures is as extreme as the one below them all."""
    rows = np.arange(99.0)[:, None]
    p_value, (component,) = compare({"a": found}, {"a": rows}, frozenset(one_sided))
    assert (component.p_value, p_value) == pytest.approx((expected, expected))
