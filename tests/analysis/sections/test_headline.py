"""The headline figure: a strip of dots for each setting, by runs made by hand."""

import pandas as pd
import pytest
from support.hand_made import evidence_of, some_runs
from support.rendered import rendered

from analysis.figures import NARROW, WIDTH
from analysis.printed import load_published
from analysis.sections.headline import HEADLINE, headline_figure, strips_of

RATES = [1.0, 0.1]


def frames(**keys):
    """The article's loss dies at 1; the stable loss does not."""
    usual = {"init_sigma": 1.0, **keys}
    parts = [
        some_runs(RATES, 6, lost=[1.0], **usual),
        some_runs(RATES, 6, loss="log_softmax", **usual),
    ]
    return [pd.concat(side, ignore_index=True) for side in zip(*parts, strict=True)]


def test_a_run_that_died_stands_where_its_untrained_model_did():
    runs, epochs = frames()
    strips = strips_of(runs, epochs)
    assert len(strips) == 4
    untrained = epochs[epochs["epoch"] == 0].set_index("run_id")["test_acc"]
    dead = runs[(runs["loss"] == "pick_log") & (runs["lr"] == 1.0)]
    strip = strips["pick_log", 1.0, 1.0]
    assert list(strip.dead) == sorted(untrained[dead["run_id"]])
    assert len(strip.alive) == 0
    assert strip.mean == pytest.approx(untrained[dead["run_id"]].mean())
    alive = runs[(runs["loss"] == "log_softmax") & (runs["lr"] == 1.0)]["test_acc"]
    assert list(strips["log_softmax", 1.0, 1.0].alive) == sorted(alive)


def test_the_article_s_figure_stands_at_its_own_settings_only():
    article = [one for one in load_published() if one.source == "article"]
    strips = strips_of(*frames(), article)
    printed = {place: strip.printed for place, strip in strips.items() if strip.printed}
    assert printed == {("pick_log", 1.0, 1.0): 0.08584, ("pick_log", 1.0, 0.1): 0.72041}
    assert not any(strip.printed for strip in strips_of(*frames(init_sigma=0.01), article).values())


@pytest.mark.parametrize("width", [WIDTH, NARROW])
def test_each_learning_rate_has_a_panel(panels, width):
    assert panels(headline_figure(strips_of(*frames()), width)) == 2


def test_every_label_is_on_the_picture(drawn):
    figure = drawn(headline_figure, strips_of(*frames(), load_published()[:1]), WIDTH)
    said = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert said.count("6 of 6 died") == 1
    assert said.count("none of 6 died") == 3
    assert "printed 0.720" in said
    assert figure.legends == []


def test_the_finding_counts_the_runs_that_are_shown():
    """Of five learning rates the article's three have a panel."""
    rates = [1.0, 0.5, 0.1, 0.05, 0.01]
    parts = [
        some_runs(rates, 6, lost=[1.0, 0.5], init_sigma=1.0),
        some_runs(rates, 6, loss="log_softmax", init_sigma=1.0),
    ]
    both = (pd.concat(side, ignore_index=True) for side in zip(*parts, strict=True))
    found = HEADLINE.make(evidence_of(*both))["finding"]
    assert found == "The stable loss loses no run, the article's loss 6 of 18."


def test_the_caption_begins_with_the_finding():
    section = HEADLINE.make(evidence_of(*frames()))
    assert section["finding"] == "The stable loss loses no run, the article's loss 6 of 12."
    assert "**The stable loss loses no run" in rendered(HEADLINE, section)


def test_a_single_setting_has_no_headline():
    assert HEADLINE.make(evidence_of(*some_runs([0.1], 3))) == (
        "every run at a glance: there is only one setting"
    )
