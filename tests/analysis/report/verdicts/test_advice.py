"""What to do differently: each line follows from a figure that is there."""

import pandas as pd

from analysis.report.verdicts.advice import MOST, advice
from analysis.report.verdicts.deaths import Killed

KILLED = Killed({"loss": "pick_log", "lr": 1.0}, {"loss": "log_softmax", "lr": 1.0})
END = {"loss": "log_softmax", "init_sigma": 1.0, "best": 1.0, "first": 0.1, "last": 1.0}


def gain(low):
    """Initial sigma 1 against 0.01: the smaller one gains 0.1, with this low end."""
    return {
        "key": "init_sigma",
        "first": 1.0,
        "second": 0.01,
        "loss": "log_softmax",
        "lr": 0.1,
        "mean_difference": -0.1,
        "mean_difference_high": -low,
    }


def said(names, paired=(), lost=KILLED, ends=(END,), frozen=None):
    sections = {name: {"picture": "<svg/>"} for name in names}
    sections["paired"] = {"every": list(paired)}
    return [one.what for one in advice(sections, lost, ends, frozen or {})]


def test_each_line_needs_its_figure():
    assert said([]) == []
    assert said(["headline"]) == ["Use the stable loss: at learning rate 1 it loses no run."]
    assert said(["survival"], lost=None) == ["Train several seeds, and print how many runs died."]
    assert said(["rates"], lost=None) == [
        "With the stable loss from initial \N{GREEK SMALL LETTER SIGMA} 1, try learning rates "
        "above 1: its best rate is the largest tried."
    ]


def test_small_weights_are_advised_where_the_gain_is_sure():
    assert said(["headline"], [gain(-0.01)], lost=None) == []
    (one,) = said(["headline"], [gain(0.05)], lost=None)
    assert one.endswith("0.01 clearly differs from 1, it gains at least 0.10 in accuracy.")


def test_there_are_five_lines_at_most():
    names = ["headline", "survival", "own_run", "rates", "comparison"]
    deaths = pd.Series({"died": 3, "orders": 10})
    sections = {name: {"picture": "<svg/>"} for name in names}
    sections["own_run"]["deaths"] = [deaths]
    sections["paired"] = {"every": [gain(0.05)]}
    lines = advice(sections, KILLED, [END], {"article, learning rate 1": True})
    assert len(lines) == MOST == 5
