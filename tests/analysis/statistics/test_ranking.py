"""The best setting: claimed where intervals bear it out, else a tie."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.reading import PARAMS
from analysis.statistics.ranking import rank, rank_forms


def study(cells, seeds=range(8)):
    """Runs of each cell (form, rate): the accuracy of a seed by a function; None is divergence."""
    rows = []
    for (loss, lr), accuracy in cells.items():
        for seed in seeds:
            value = accuracy(seed)
            rows.append(
                {
                    **dict.fromkeys(PARAMS, 1),
                    **{"loss": loss, "lr": lr, "seed": seed, "order_seed": seed},
                    **{"data.train_limit": 100, "batch_size": 10},
                    "test_acc": np.nan if value is None else value,
                    "outcome": "diverged" if value is None else "trained",
                }
            )
    runs = pd.DataFrame(rows).assign(run_id=range(len(rows)))
    return runs, runs[["run_id"]].assign(epoch=0, test_acc=0.1)


def test_a_setting_that_is_above_all_others_is_the_best():
    frames = study({("a", 1.0): lambda s: 0.7 + s / 1000, ("a", 0.1): lambda s: 0.6 + s / 1100})
    found = rank(*frames, ["lr"])
    assert found.claimed
    assert found.best.keys == {"lr": 1.0}
    assert found.tied == (found.best,)


def test_a_higher_mean_within_chance_is_a_tie_and_the_safer_setting_is_named():
    noise = [0.02, -0.03, 0.01, -0.01, 0.03, -0.02, 0.0, 0.01]
    frames = study(
        {
            ("a", 1.0): lambda s: None if s % 10 == 3 else 0.81 + noise[s % 8],
            ("a", 0.1): lambda s: 0.72,
            ("a", 0.01): lambda s: 0.11,
        },
        range(30),
    )
    found = rank(*frames, ["lr"])
    assert found.best.keys == {"lr": 1.0}
    assert not found.claimed
    assert {one.keys["lr"] for one in found.tied} == {1.0, 0.1}
    assert found.preferred.keys == {"lr": 0.1}
    assert found.preferred.diverged == 0


def test_a_setting_that_is_worse_on_the_same_seeds_is_not_first_for_its_other_runs():
    """The larger rate had easier seeds besides; where both were run, it is lower every time."""
    frames = study({("a", 1.0): lambda s: 0.68 + s / 900, ("a", 0.1): lambda s: 0.7 + s / 1000})
    easier = study({("a", 1.0): lambda s: 0.9 + s / 900}, range(8, 20))
    runs = pd.concat([frames[0], easier[0].assign(run_id=easier[0]["run_id"] + 100)])
    found = rank(runs, runs[["run_id"]].assign(epoch=0, test_acc=0.1), ["lr"])
    assert max(one.mean for one in found.settings) == pytest.approx(0.81, abs=0.02)
    assert found.best.keys == {"lr": 0.1}
    assert found.claimed
    assert 0.01 < found.lead.low < found.lead.value < 0.03


def test_of_equally_safe_tied_settings_the_cheaper_is_named():
    runs, _ = study({("a", 1.0): lambda s: 0.7 + s % 2 / 50})
    again = runs.assign(batch_size=5, run_id=runs["run_id"] + 100)
    again["test_acc"] = 0.7 + (runs["seed"] + 1) % 2 / 49
    both = pd.concat([runs, again], ignore_index=True)
    found = rank(both, both[["run_id"]].assign(epoch=0, test_acc=0.1), ["batch_size"])
    assert not found.claimed
    assert found.best.keys == {"batch_size": 5}
    assert (found.preferred.keys, found.preferred.updates) == ({"batch_size": 10}, 10)


def test_of_equally_safe_and_cheap_tied_settings_the_most_tried_is_named():
    """Six survivors promise less than twenty, though their mean is higher."""
    few = {("a", 1.0): lambda s: 0.72 + s % 2 / 50}
    many = {("a", 0.1): lambda s: 0.7 + (s + 1) % 2 / 20}
    runs = pd.concat([study(few, range(6))[0], study(many, range(20))[0]], ignore_index=True)
    runs["run_id"] = range(len(runs))
    found = rank(runs, runs[["run_id"]].assign(epoch=0, test_acc=0.1), ["lr"])
    assert not found.claimed
    assert found.best.keys == {"lr": 1.0}
    assert (found.preferred.keys, found.preferred.runs) == ({"lr": 0.1}, 20)


def test_settings_without_common_seeds_are_not_claimed_to_be_worse():
    runs, epochs = study({("a", 1.0): lambda s: 0.9, ("a", 0.1): lambda s: 0.2})
    runs.loc[runs["lr"] == 0.1, ["seed", "order_seed"]] += 50
    found = rank(runs, epochs, ["lr"])
    assert not found.claimed
    assert [one.keys["lr"] for one in found.uncompared] == [0.1]


def test_intervals_of_several_differences_hold_together():
    """Bonferroni: of three others each interval is of the level 1 - 0.05 / 3."""
    rates = {1.0: 0.9, 0.5: 0.7, 0.1: 0.6, 0.01: 0.5}
    ripple = np.array([-1.0, 1, -2, 2, -3, 3, 0, 0]) / 100  # symmetric: Student's interval
    frames = study(
        {("a", lr): (lambda s, at=at, lr=lr: at + (lr < 1) * ripple[s]) for lr, at in rates.items()}
    )
    found = rank(*frames, ["lr"])
    reach = stats.t.ppf(1 - 0.05 / 3 / 2, 7) * stats.sem(ripple)
    for difference in found.differences:
        assert difference.high - difference.value == pytest.approx(reach)


def test_settings_that_differ_elsewhere_are_refused():
    frames = study({("a", 1.0): lambda s: 0.9, ("b", 0.1): lambda s: 0.2})
    with pytest.raises(ValueError, match="settings must differ in lr only, not in loss"):
        rank(*frames, ["lr"])


def test_a_form_is_ranked_over_its_own_rates_and_forms_over_common_ones():
    cells = {
        ("a", 1.0): lambda s: 0.5, ("a", 0.1): lambda s: 0.6, ("a", 0.5): lambda s: 0.9,
        ("b", 1.0): lambda s: 0.7, ("b", 0.1): lambda s: 0.4,
    }  # fmt: skip
    found = rank_forms(*study(cells))
    assert {form: one.best.keys["lr"] for form, one in found.alone.items()} == {"a": 0.5, "b": 1.0}
    assert found.common == (1.0, 0.1)
    assert found.together.best.keys == {"loss": "b", "lr": 1.0}
    assert len(found.together.settings) == 4
    assert rank_forms(*study({("a", 1.0): lambda s: 0.5})).together is None
