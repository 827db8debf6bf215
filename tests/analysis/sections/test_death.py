"""One death: what the picture and its sentence say, by images and runs made by hand."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from support.hand_made import article_run, epochs_of, evidence_of

from analysis.figures import NARROW, WIDTH
from analysis.reading import FatalImage, load_fatal_image, load_runs
from analysis.sections.death import DEATH, STORIES, _typical, _values, death_figure
from runner.data import FASHION_MNIST

LABELS = FASHION_MNIST.labels
LOGITS = (13.0, -1, 8, 20, 26, -66, 9, 1, 3, -2)
FATAL = FatalImage(update=2, example=7, label=6, guilty_class=5, logits=LOGITS)


def test_the_numbers_of_a_death_are_those_of_float64():
    values = _values(FATAL, LABELS, "float32")
    logits = np.array(LOGITS, np.float64)
    p = np.exp(logits[5]) / np.exp(logits).sum()
    assert (values.label, values.guilty, values.gap) == ("shirt", "sandal", 92.0)
    assert float(values.p) == pytest.approx(p, rel=0.5)
    assert p < 1 / np.finfo(np.float32).max  # so that 1 / p overflows
    assert (values.limit, _values(FATAL, LABELS, "float64").limit) == ("3.4e38", "1.8e308")


@pytest.mark.parametrize("cause", STORIES)
@pytest.mark.parametrize("width", [WIDTH, NARROW])
def test_each_story_ends_in_what_is_not_a_number(panels, cause, width):
    story = STORIES[cause](_values(FATAL, LABELS, "float32"))
    assert story.steps[-1].endswith("not a number")
    assert panels(death_figure(FATAL, np.zeros((28, 28)), story, LABELS, width)) == 3


def test_a_logit_that_is_not_finite_has_no_bar(panels):
    odd = FATAL._replace(logits=(np.nan, np.inf, *LOGITS[2:]))
    story = STORIES["exp_overflow"](_values(FATAL, LABELS, "float32"))
    assert panels(death_figure(odd, np.zeros((28, 28)), story, LABELS, WIDTH)) == 3


def test_the_death_shown_is_the_earliest_of_the_commonest_cause_at_the_largest_rate():
    usual = {"divergence_example": 1}
    runs = pd.DataFrame(
        [
            article_run("pick_log", 1.0, 1, update=5, cause="reciprocal_overflow") | usual,
            article_run("pick_log", 1.0, 2, update=3, cause="reciprocal_overflow") | usual,
            article_run("pick_log", 1.0, 3, update=1, cause="zero_probability") | usual,
            article_run("pick_log", 0.1, 4, update=1, cause="reciprocal_overflow") | usual,
            article_run("log_pick", 1.0, 5, update=1, cause="exp_overflow") | usual,
            article_run("pick_log", 1.0, 6) | {"divergence_example": np.nan},
        ]
    )
    assert list(_typical(runs)["seed"]) == [2, 1]
    assert _typical(runs[runs["seed"] == 6]).empty


def test_tables_have_no_picture_of_a_death():
    runs = pd.DataFrame([article_run("pick_log", 1.0, 1, update=5, cause="unknown")])
    runs["divergence_example"] = np.nan
    assert DEATH.make(evidence_of(runs, epochs_of(runs))) == (
        "one death in a picture: tables hold no post-mortems"
    )


def test_the_story_is_that_of_mlflow(study, tmp_path):
    """The small study's runs at learning rate 1 died of one image each."""
    uri = f"sqlite:///{study}/mlflow.db"
    runs, _ = load_runs(uri=uri)
    run = runs[runs["outcome"] == "diverged"].iloc[0]
    fatal = load_fatal_image(run["run_id"], uri)
    assert fatal.example == run["divergence_example"]
    name = "divergence/post_mortem.json"
    stored = MlflowClient(uri).download_artifacts(run["run_id"], name, str(tmp_path))
    assert list(fatal.logits) == json.loads(Path(stored).read_text())["logits"]
