"""What the form of the loss decides, in sentences and a picture."""

import pandas as pd
import pytest
from support.hand_made import article_run, epochs_of, evidence_of, some_runs

from analysis.sections.counterfactuals.figure import epochs_by_loss
from analysis.sections.counterfactuals.section import COUNTERFACTUALS, forms_beside_each_other


def test_the_section_says_how_often_of_what_and_where_accuracy_is_highest():
    runs = pd.DataFrame(
        [
            *(
                article_run("pick_log", 1.0, seed, update=2, cause="exp_overflow")
                for seed in (1, 2, 3)
            ),
            *(article_run("pick_log", 0.1, seed) for seed in (1, 2, 3)),
            *(
                article_run("log_softmax", lr, seed, test_acc=lr)
                for lr in (1.0, 0.1)
                for seed in (1, 2, 3)
            ),
        ]
    )
    doomed = pd.DataFrame({"pick_log": [5, 0, 0], "log_softmax": [0, 0, 0]}, index=[1, 2, 3])
    section = forms_beside_each_other(runs, epochs_of(runs), doomed)
    text = "\n".join(section["sentences"])
    assert (
        "Runs that diverged with pick_log: 3 of 3 (44 to 100 %) at learning rate 1, after 2 updates"
        in text
    )
    assert "0 of 3 (0 to 56 %) at learning rate 0.1." in text
    assert "With pick_log 1 of 3 seeds (6 to 79 %) are at risk before the first update" in text
    assert "of those that were trained, 1 of 1 at learning rate 1, 0 of 1 at" in text
    assert "With log_softmax, 3 of the 3 pairs of seed and order that were trained at each" in text
    assert "learning rates 1, 0.1 and survived at one have their highest final test" in text
    assert section["columns"] == ["lr", "loss"]
    assert [(row["lr"], row["loss"]) for row in section["shares"]] == [
        (1.0, "pick_log"), (1.0, "log_softmax"), (0.1, "pick_log"), (0.1, "log_softmax"),
    ]  # fmt: skip
    assert "</svg>" in section["picture"]


def test_the_section_says_what_went_wrong_in_words():
    runs = pd.DataFrame(
        [
            *(
                article_run("pick_log", 1.0, seed, update=2, cause="exp_overflow")
                for seed in (1, 2)
            ),
            article_run("pick_log", 1.0, 3, update=2, cause="zero_probability"),
            article_run("pick_log", 0.1, 1),
            article_run("pick_log", 0.1, 2, update=2, cause="zero_probability"),
            article_run("log_pick", 1.0, 1, update=2, cause="exp_overflow"),
            article_run("log_softmax", 1.0, 1),
        ]
    )
    said = forms_beside_each_other(runs, epochs_of(runs), pd.DataFrame())["sentences"]
    assert [one for one in said if one.startswith("What went wrong")] == [
        "What went wrong with pick_log: at learning rate 1, 2 of 3 died of exp_overflow (a logit "
        "so large that e to its power is inf, and inf / inf is nan), 1 of zero_probability "
        "(a probability of 0, whose log is \N{MINUS SIGN}inf); at learning rate 0.1, 1 of 2 died "
        "of zero_probability.",
        "What went wrong with log_pick: at learning rate 1, 1 of 1 died of exp_overflow.",
    ]


def test_one_loss_alone_has_no_counterfactual():
    runs = pd.DataFrame([article_run("pick_log", lr, 1) for lr in (1.0, 0.1)])
    assert COUNTERFACTUALS.make(evidence_of(runs, epochs_of(runs))) == (
        "forms of the loss beside each other: the article's settings were run with one at most"
    )


@pytest.mark.parametrize("lost", [(), (1.0,), (1.0, 0.1)])
def test_the_picture_is_drawn_whoever_survives(lost, panels):
    runs, epochs = some_runs([1.0, 0.1], 6, lost)
    other, more = some_runs([1.0, 0.1], 6, loss="log_softmax")
    assert panels(epochs_by_loss(pd.concat([runs, other]), pd.concat([epochs, more]))) == 2
