"""How long runs live: a panel for each form of the loss, where a run diverged."""

import pandas as pd
import pytest
from support.hand_made import evidence_of, some_runs

from analysis.sections.survival import SURVIVAL, survival_by_learning_rate


@pytest.mark.parametrize("lost", [(), (1.0,), (1.0, 0.1)])
def test_the_picture_is_drawn_whoever_survives(lost, panels):
    runs, _ = some_runs([1.0, 0.1], 6, lost)
    other, _ = some_runs([1.0, 0.1], 6, loss="log_softmax")
    assert panels(survival_by_learning_rate(pd.concat([runs, other]))) == 2


def test_the_section_stands_where_a_run_diverged():
    assert SURVIVAL.make(evidence_of(*some_runs([1.0, 0.1], 2, (1.0,))))["shown"] == (2, 2)
    assert SURVIVAL.make(evidence_of(*some_runs([1.0, 0.1], 2))) == (
        "how long runs live: none diverged"
    )
