"""The report's section on the article's own run, by hand-made runs and by the images."""

import numpy as np
import pytest
from support.hand_made import evidence_of, some_runs
from support.own_run import own_runs
from support.rendered import rendered

from analysis.printed import own_run
from analysis.sections.own_run.risk import images_at_risk
from analysis.sections.own_run.section import OWN_RUN
from analysis.sections.own_run.sentences import sentences
from runner.draws import LINUX, MACOS

RISK = {
    (MACOS, 2): np.array([7, 8]),
    (MACOS, 1): np.arange(5918),
    (LINUX, 2): np.array([], int),
    (LINUX, 1): np.arange(4),
}


def said(*changes, risk=RISK, **keys):
    runs, epochs = own_runs(*changes, **keys)
    return " ".join(sentences(own_run(runs, epochs), risk, runs))


def test_the_sentences_say_how_near_the_row_is_and_that_the_order_does_not_explain_the_rest():
    text = said(8, others=[0.03, -0.08, 0.05])
    assert "In each of the 8 orders that survive learning rate 0.1, these weights lead to" in text
    assert "The nearest of 3 other seeds is 3.0 % away. This is the model that" in text
    assert "Of 8 orders none lies as far from the others. So the order alone does not" in text
    assert "The data could: the article had the upload of 26 August 2017" in text
    assert "That is untested, because its images were not available." in text


def test_a_row_amid_the_orders_needs_no_other_explanation():
    text = said(8, away=0.0)
    assert "The order alone may explain it." in text
    assert "other seeds is" not in text


def test_the_deaths_are_told_with_the_images_they_were_of():
    text = said(5)
    assert "whether this model survives: at learning rate 0.1 it died in 5 of 10 orders." in text
    assert "Before the first update 2 of the training images have no finite gradient" in text
    assert "One of these was fatal in 4 of 5 deaths, over all rates." in text


def test_the_warning_is_right_where_seed_1_dies_at_once_in_every_order():
    text = said(8)
    assert "Seed 1 has 5,918 such images. It died at its first update in all 10 orders" in text
    assert "at each of 3 learning rates. So the article's warning is right to the word" in text
    assert "There seed 1 has 4 such images. Seed 2 has none." in text


def test_without_images_it_is_not_said_what_kills():
    text = said(8, risk=None)
    assert "such images" not in text
    assert "Seed 1 died at its first update" in text


def test_the_section_has_a_figure_or_says_that_nothing_was_trained(panels):
    made = OWN_RUN.make(evidence_of(*own_runs(8, others=[0.03, -0.08])))
    assert panels(made["picture"]) == 2
    text = rendered(OWN_RUN, made)
    assert "The article ran on a Mac" in text
    assert "| 2 | 0.1 | 10 | 2 (" in text
    assert made["finding"].startswith("The article's own weights lead to the losses")
    assert OWN_RUN.make(evidence_of(*own_runs(2)))["picture"] is None
    assert OWN_RUN.make(evidence_of(*some_runs([0.1], 2))) == (
        "the article's own run: nothing was trained from its parameters (draws macos)"
    )


def test_a_mac_s_seeds_have_images_that_linux_s_have_not(splits):
    counts = {key: len(places) for key, places in images_at_risk(splits[0]).items()}
    # as measured with MXNet; an image at the edge of float32 may fall on either side
    assert counts[MACOS, 2] == pytest.approx(113, abs=1)
    assert counts[MACOS, 1] == pytest.approx(5918, abs=10)
