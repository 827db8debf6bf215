"""The report's sections on the printed figures, from runs made by hand around them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.printed_table import published_rows, table

from analysis.printed.comparison import compare
from analysis.printed.frozen import published
from analysis.printed.frozen.rows import printed_frozen
from analysis.printed.frozen.untrained import simulate
from analysis.printed.published import load_published
from analysis.printed.table import read_printed
from analysis.reading.rows import SWEEP_COLUMNS
from analysis.reading.runs import EPOCH_METRICS, PARAMS
from analysis.reading.study import Study
from analysis.report.findings import findings
from analysis.report.page import markdown
from analysis.sections import UserTable
from runner.configuration import LATER_KEYS

KEYS = {
    "batch_size": 256,
    "epochs": 5,
    "init_sigma": 1.0,
    **LATER_KEYS,
    "on_divergence": "stop",
    "data.train_limit": 60_000,
    "data.test_limit": 10_000,
}


ORIGIN = {
    "experiment": "lr-study",
    "experiment_id": "1",
    "sweep_id": "f00",
    "git_commit": None,
    "dirty": None,
    "host": None,
    "machine": None,
    "versions": None,
    "data_digests": "",
    "data_root": None,
    "started": pd.Timestamp("2026-01-01", tz="UTC"),
}


def study_around_the_article(frozen):
    """Runs that scatter around the article's printed figures, and others that cannot die.

    Those of step size 0 print what `frozen` models printed, one for each seed.
    """
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
        for seed, still in enumerate(frozen):
            dead = (lr, division, loss) == (1.0, "python3", "pick_log")
            run_id = f"{lr}{division}{loss}{seed}"
            scatter = 1 + 0.02 * rng.normal()
            for epoch in range(2 if dead else 6):
                figures = dict.fromkeys(EPOCH_METRICS, (0.75 if lr == 1 else 0.7) * scatter)
                for figure in article[lr].figures if loss == "pick_log" and not dead else ():
                    if figure.step == epoch:
                        figures[figure.metric] = figure.value * (scatter + 0.01 * rng.normal())
                if division == "python2":
                    figures |= printed_figures(still, epoch)
                epochs.append({"run_id": run_id, "lr": lr, "epoch": epoch, **figures})
            runs.append(
                {
                    **{key: KEYS.get(key) for key in PARAMS},
                    "lr": lr,
                    "division": division,
                    "loss": loss,
                    "seed": seed,
                    "order_seed": seed,
                    "run_id": run_id,
                    "name": run_id,
                    "outcome": "diverged" if dead else "trained",
                    "divergence_cause": "reciprocal_overflow" if dead else None,
                    "diverged_epoch": 1.0 if dead else np.nan,
                    "diverged_update": 2.0 if dead else np.nan,
                    "best_test_acc": 0.1,
                    **ORIGIN,
                    "config_hash": run_id,
                    **epochs[-1],
                }
            )
    return pd.DataFrame(runs).drop(columns="epoch"), pd.DataFrame(epochs)


def printed_figures(still, epoch):
    """A frozen model's figures of an epoch; 0 is the untrained model."""
    trained = max(epoch, 1) - 1
    return {
        "train_loss_batch_mean": float(still.train_loss[trained]),
        "train_acc_batch_mean": float(still.train_acc[trained]),
        "test_acc_batch_mean": float(still.test_acc[trained]),
    }


@pytest.fixture(scope="module")
def frames(splits):
    train, test = ((one.images, one.labels) for one in splits)
    models = simulate(train, test, np.random.default_rng(9), models=62, shuffles=5)
    return study_around_the_article(printed_frozen(models, 5))


@pytest.fixture
def study(frames, monkeypatch):
    """The runs as a study that was read from tables: no parameters; judged by few models."""
    monkeypatch.setattr(published, "MODELS", 60)
    runs, epochs = frames
    sweeps = pd.DataFrame(columns=SWEEP_COLUMNS)
    return Study(runs, epochs, sweeps, artifacts=False)


@pytest.mark.slow
def test_the_report_says_what_the_article_s_rows_are_worth(study):
    found = findings(study)
    worth = "The article's row for 0.1 could be ours; that for 1 looks untrained."
    assert worth in [one.claim for one in found.verdicts]
    assert "Write learning rate 1 as 1.0" in " ".join(one.what for one in found.advice)
    said = " ".join(found.sections["comparison"]["sentences"])
    assert (
        "All 4 printed sequences can be compared with at least sixty runs of ours in sixty orders"
        in said
    )
    calls = {one.name: one.frozen for one in found.sections["frozen"]["verdicts"]}
    assert [name for name, frozen in calls.items() if frozen] == ["article, learning rate 1"]
    (simulated,) = found.sections["frozen"]["simulated"]
    (still,) = simulated["controls"]
    assert (still["lr"], still["moved"], still["runs"]) == (1.0, False, 62)
    assert still["called"] >= 0.8 * 62
    text = markdown(study, found)
    for heading in (
        "put to the test",
        "Did the printed model move",
        "What the form of the loss decides",
    ):
        assert heading in text
    assert f"**{worth}**" in text
    assert "62 of 62" in text
    assert "it alone cannot reject after a correction for 4 sequences" in text
    for words in (
        "| p: normal | heavy-tailed | straightened | by rank |",
        "after Holm | false alarms at 5 % | verdict",
        "| by rank | false alarms at 1.2 % |",
        "how often one more run of ours would lie at least as far from our mean",
        "a step that changes the figures by more than they differ from epoch to epoch",
        "These models print 240 rows of five epochs, and each row is judged by the other models.",
    ):
        assert words in text


@pytest.mark.slow
def test_three_published_tables_given_as_a_user_s_file_have_the_same_verdicts(study, tmp_path):
    rows = published_rows("article", "lesson-copy-a", "lesson-copy-b")
    path = table(tmp_path, *rows)
    given, built_in = (
        findings(study, table=UserTable(path.name, read_printed(path))),
        findings(study),
    )
    assert given.comparisons == built_in.comparisons
    assert [one.p_holm for one in given.comparisons if one.p_holm is None] == []
    mine, theirs = (
        {one.name: one for one in found.sections["frozen"]["verdicts"]}
        for found in (given, built_in)
    )
    assert mine == {name: one for name, one in theirs.items() if name in mine}
    assert mine["article, learning rate 1"].frozen
    (worth,) = [one.claim for one in given.verdicts if "printed rows" in one.claim]
    assert worth.startswith("Of 5 printed rows ")
    assert worth.endswith("1 looks untrained.")
    text = markdown(study, given)
    assert "- article, learning rate 0.01: `lrstudy -m lr=0.01 'seed=range(1,61)'`" in text
    assert "The rows are those of `mine.csv`." in text


@pytest.mark.slow
def test_a_picture_of_too_few_runs_is_left_out_and_named(study):
    found = findings(replace(study, runs=study.runs[study.runs["seed"] < 30]))
    assert found.sections["comparison"]["picture"] is None
    assert "no printed sequence has runs of ours in 39 orders" in "\n".join(found.left_out)
    said = "No printed sequence can be compared with sixty runs of ours in sixty orders"
    assert said in markdown(study, found)


@pytest.mark.slow
def test_runs_of_other_settings_have_no_sections_and_the_report_says_why(study):
    small = study.runs[study.runs["loss"] == "pick_log"].assign(**{"data.train_limit": 2048})
    assert compare(load_published(), small, study.epochs) == []
    found = findings(replace(study, runs=small))
    assert not {"comparison", "frozen", "counterfactuals", "edge", "weights"} & set(found.sections)
    left_out = "\n".join(found.left_out)
    for reason in (
        "no run has the settings of a printed sequence",
        "no learning rate was run with two batch sizes",
        "no ten learning rates",
        "tables hold no parameters",
    ):
        assert reason in left_out
    assert not any("article's row" in one.claim for one in found.verdicts)
