"""The report's sections on the printed figures, from runs made by hand around them."""

import markupsafe
import numpy as np
import pandas as pd
import pytest

from analysis import report
from analysis.answer import answer, worth
from analysis.comparison import compare
from analysis.frozen import section as frozen_section
from analysis.published import load_published
from analysis.runs import EPOCH_METRICS, PARAMS
from analysis.sections import sections
from analysis.statistics import summarise
from runner.store import open_tracking

KEYS = {
    "batch_size": 256,
    "epochs": 5,
    "init_sigma": 1.0,
    "on_divergence": "stop",
    "data.train_limit": 60_000,
    "data.test_limit": 10_000,
    "order_seed": 1,
}


def study_around_the_article(seeds):
    """Runs that scatter around the article's printed figures, and others that cannot die."""
    rng = np.random.default_rng(0)
    article = {one.lr: one for one in load_published() if one.source == "article"}
    runs, epochs = [], []
    for lr, division, loss in (
        (0.1, "python3", "pick_log"),
        (1.0, "python2", "pick_log"),
        (1.0, "python3", "pick_log"),
        (1.0, "python3", "log_softmax"),
        (0.1, "python3", "log_softmax"),
    ):
        for seed in seeds:
            dead = (lr, division, loss) == (1.0, "python3", "pick_log")
            run_id = f"{lr}{division}{loss}{seed}"
            scatter = 1 + 0.02 * rng.normal()
            for epoch in range(2 if dead else 6):
                figures = dict.fromkeys(EPOCH_METRICS, (0.75 if lr == 1 else 0.7) * scatter)
                for figure in article[lr].figures if loss == "pick_log" and not dead else ():
                    if figure.step == epoch:
                        figures[figure.metric] = figure.value * (scatter + 0.01 * rng.normal())
                epochs.append({"run_id": run_id, "lr": lr, "epoch": epoch, **figures})
            runs.append(
                {
                    **{key: KEYS.get(key) for key in PARAMS},
                    "lr": lr,
                    "division": division,
                    "loss": loss,
                    "seed": seed,
                    "run_id": run_id,
                    "name": run_id,
                    "outcome": "diverged" if dead else "trained",
                    "divergence_cause": "reciprocal_overflow" if dead else None,
                    "diverged_epoch": 1.0 if dead else np.nan,
                    "diverged_update": 2.0 if dead else np.nan,
                    "best_test_acc": 0.1,
                    "git_commit": None,
                    "dirty": None,
                    **epochs[-1],
                }
            )
    return pd.DataFrame(runs).drop(columns="epoch"), pd.DataFrame(epochs)


@pytest.fixture(scope="module")
def frames():
    return study_around_the_article(range(62))


def test_the_report_says_what_the_article_s_rows_are_worth(frames, folder, monkeypatch):
    monkeypatch.setattr(frozen_section, "MODELS", 60)
    monkeypatch.setattr(frozen_section, "HELD_OUT", 20)
    runs, epochs = frames
    open_tracking("sqlite:///mlflow.db", "lr-study")  # without artifacts: no seed is called doomed
    parts = sections(runs, epochs, "sqlite:///mlflow.db")
    assert list(parts) == ["comparison", "frozen", "counterfactuals"]
    verdict = parts["comparison"]["worth"]
    assert "that of learning rate 1 is what a model that never moved prints" in verdict
    assert "that of learning rate 0.1 is of a model that moved, consistent with 62 runs" in verdict
    said = " ".join(parts["comparison"]["sentences"])
    assert "4 printed sequences of 4 can be put beside at least sixty runs of ours" in said
    calls = {one.name: one.frozen for one in parts["frozen"]["verdicts"]}
    assert [name for name, frozen in calls.items() if frozen] == ["article, learning rate 1"]
    still = parts["frozen"]["controls"][0]  # its figures scatter by hand: no frozen model's
    assert (still["lr"], still["moved"], still["runs"], still["called"]) == (1.0, False, 62, 0)
    pictures = {name: part["picture"] for name, part in parts.items() if part.get("picture")}
    pictures["epochs"] = pictures["counterfactuals"]
    summary = summarise(runs, epochs, np.random.default_rng(0))
    page = report.render("lr-study", runs, summary, runs, pictures, parts)
    for heading in ("put to the test", "Did the printed model move", "What else could have been"):
        assert heading in page
    assert str(markupsafe.escape(verdict)) in page
    assert "62 of 62" in page


def test_losses_are_compared_at_their_best_learning_rates(frames):
    best, lost, *_ = answer(summarise(*frames, np.random.default_rng(0)))
    assert "is 0.1 with pick_log (0." in best
    assert "1 with log_softmax (0.7" in best
    assert "62 of 310 runs diverged" in lost
    assert "among them 62 of 62 at learning rate 1, loss pick_log" in lost


def test_nothing_is_said_of_the_article_without_runs_beside_it():
    assert worth([], {}) is None


def test_runs_of_other_settings_have_no_sections(frames):
    runs, epochs = frames
    small = runs[runs["loss"] == "pick_log"].assign(**{"data.train_limit": 2048})
    assert compare(load_published(), small, epochs) == []
    assert sections(small, epochs, None) == {}
