"""Settings as people call them."""

import pandas as pd

from analysis.sections.naming import in_order, setting_name

USUAL = {"loss": "pick_log", "lr": 1.0, "init_sigma": 1.0, "division": "python3", "batch_size": 256}


def test_what_is_not_the_article_s_is_named():
    keys = list(USUAL)
    assert setting_name(USUAL, keys) == "article's loss"
    odd = {**USUAL, "loss": "log_softmax", "division": "python2", "batch_size": 64}
    assert setting_name(odd, keys) == "stable loss, integer step (Python 2), batch size 64"
    assert setting_name(odd, ["batch_size"]) == "stable loss, batch size 64"


def test_rows_stand_setting_by_setting_the_article_s_first():
    places = [
        ("log_softmax", 0.1, 1.0),
        ("pick_log", 1.0, 0.01),
        ("pick_log", 0.1, 1.0),
        ("pick_log", 1.0, 1.0),
        ("log_softmax", 1.0, 1.0),
    ]
    table = pd.DataFrame(places, columns=["loss", "lr", "init_sigma"])
    assert list(in_order(table).itertuples(index=False, name=None)) == [
        ("pick_log", 1.0, 1.0),
        ("pick_log", 0.1, 1.0),
        ("pick_log", 1.0, 0.01),
        ("log_softmax", 1.0, 1.0),
        ("log_softmax", 0.1, 1.0),
    ]
