"""What runs died of, in words."""

import re

import pandas as pd

from analysis.sections.counterfactuals.causes import cause_sentence
from runner.losses import CAUSES
from runner.records import PostMortem


def test_of_many_learning_rates_all_runs_are_counted_together():
    rows = [
        {"loss": "log_pick", "lr": lr, "runs": 4, "diverged": lr % 2, "causes": causes}
        for lr in range(1, 21)
        for causes in [{"exp_overflow": 1} if lr % 2 else {}]
    ]
    assert cause_sentence(pd.DataFrame(rows), {"exp_overflow"}) == (
        "What went wrong with log_pick: 10 of 80 died of exp_overflow."
    )


def test_every_cause_of_a_post_mortem_has_words():
    named = set(re.findall(r"`(\w+)`:", PostMortem.__doc__))
    assert named == set(CAUSES)
