"""What a learning rate gives: when the section stands, and which runs it shows."""

import pandas as pd
from support.hand_made import evidence_of, some_runs

from analysis.sections.rates import RATES


def test_runs_of_one_learning_rate_have_no_section():
    assert RATES.make(evidence_of(*some_runs([0.1], 3))) == (
        "outcome against learning rate: there is only one learning rate"
    )


def test_a_grid_is_left_to_the_section_on_the_edge():
    runs, epochs = some_runs([10.0**place for place in range(-5, 5)], 2)
    assert RATES.make(evidence_of(runs, epochs)) == (
        "outcome against learning rate: the figure on the edge shows it"
    )
    few = runs[runs["lr"] < 100]
    assert "picture" in RATES.make(evidence_of(few, epochs))


def test_what_the_shown_runs_share_is_said_where_others_differ(panels):
    runs, epochs = some_runs([1.0, 0.1], 3)
    other, more = some_runs([1.0], 3, batch_size=64)
    section = RATES.make(evidence_of(pd.concat([runs, other]), pd.concat([epochs, more])))
    assert section["settings"] == "Shown are runs with batch size 256 only."
    assert panels(section["picture"]) == 2
