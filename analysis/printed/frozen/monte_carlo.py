"""Several figures beside simulated ones, combined into one p-value (min-P)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.statistics import Floats


@dataclass(frozen=True)
class Component:
    """One figure beside simulated ones: `low` and `high` enclose 95 % of these, from the smallest
    on where only large figures count."""

    name: str
    found: float
    low: float
    high: float
    p_value: float


def compare(
    found: Mapping[str, float], simulated: Mapping[str, Floats], one_sided: frozenset[str]
) -> tuple[float, tuple[Component, ...]]:
    """The p-value of all figures together, and the figures one by one.

    Arguments
    - found: the figures to judge by name;
    - simulated: of each the figures (K, R) of K simulated models, R rows of each;
    - one_sided: the names of which only large figures speak against the hypothesis.

    A figure's own p-value is its rank among the simulated ones. The smallest of them is ranked
    among the smallest of the simulated rows, each ranked likewise among the rows of the other
    models and the row to judge; so nothing is assumed about how the figures are correlated.
    With R = 1 all K + 1 rows are exchangeable under the hypothesis and the p-value is exact.
    With R > 1 the counts are averaged over the rows of a model, which makes them less noisy.

    Source: Westfall and Young 1993, Resampling-Based Multiple Testing, section 2.2 (min-P).
    """
    components, smallest = [], []
    for name, rows in simulated.items():
        p_found, p_rows = _upper(found[name], rows)
        if name not in one_sided:
            lower, lower_rows = _upper(-found[name], -rows)
            p_found = min(1.0, 2 * min(p_found, lower))
            p_rows = np.minimum(1, 2 * np.minimum(p_rows, lower_rows))
        low, high = np.quantile(rows, (0, 0.95) if name in one_sided else (0.025, 0.975))
        components.append(Component(name, found[name], float(low), float(high), p_found))
        smallest.append(p_rows)
    least = min(component.p_value for component in components)
    as_small = np.minimum.reduce(smallest) <= least + 1e-12  # the same ranks, summed differently
    p_value = (1 + as_small.mean(axis=1).sum()) / (len(as_small) + 1)
    return float(p_value), tuple(components)


def _upper(found: float, rows: Floats) -> tuple[float, Floats]:
    """The share of figures at least as large: as `found`, and as each of the rows (K, R)."""
    models, of_each = rows.shape
    as_large = rows.size - np.searchsorted(np.sort(rows, axis=None), rows)
    own = (rows[:, None, :] >= rows[:, :, None]).sum(axis=2)
    others: Floats = (as_large - own) / of_each + (found >= rows)
    p_found = (1 + (rows >= found).sum() / of_each) / (models + 1)
    return float(p_found), (1 + others) / (models + 1)
