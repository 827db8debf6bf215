"""Runs are read back, tabulated and reported; the numbers are MLflow's own."""

import math
import re
import statistics

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from scipy import stats
from support.typing_commands import type_command

import analysis
from analysis.reading.runs import EPOCH_METRICS
from analysis.report import command as cli
from analysis.statistics.summaries import group_keys, summarise
from runner.tracking.store import open_tracking


@pytest.fixture(scope="session")
def frames(study):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(study)
        return analysis.load_runs()


@pytest.fixture
def lrstudy_report(capsys):
    return lambda *words: type_command(cli.main, capsys, "lrstudy-report", *words)


@pytest.fixture
def written(study, lrstudy_report, tmp_path):
    """The folder of the study's report."""
    answer = lrstudy_report(
        "--uri", f"sqlite:///{study}/mlflow.db", "--output", str(tmp_path / "out")
    )
    assert answer.status == 0
    assert answer.out == f"Report written: {tmp_path / 'out' / 'index.html'}\n"
    return tmp_path / "out"


def test_runs_and_epochs_are_tidy(frames):
    runs, epochs = frames
    assert list(runs["lr"]) == [0.1, 0.1, 1, 1]
    assert list(runs["seed"]) == [1, 2, 1, 2]
    assert list(runs["outcome"]) == ["trained", "trained", "diverged", "diverged"]
    assert runs["run_id"].is_unique
    assert not epochs.duplicated(["run_id", "epoch"]).any()
    # Two epochs after the untrained model where the run survived, one where it did not.
    assert list(epochs["epoch"]) == [0, 1, 2, 0, 1, 2, 0, 1, 0, 1]
    assert epochs["train_loss"].isna().sum() == 4 + 2  # untrained, and nan


def test_the_numbers_are_those_of_mlflow_s_own_client(study, frames, written):
    client = MlflowClient(f"sqlite:///{study}/mlflow.db")
    experiment = client.get_experiment_by_name("lr-study")
    survivors, untrained = {}, []
    for run in client.search_runs([experiment.experiment_id], "tags.kind = 'run'"):
        if run.data.tags["outcome"] == "diverged":
            history = client.get_metric_history(run.info.run_id, "test_acc")
            untrained += [m.value for m in history if m.step == 0]
        else:
            for name in EPOCH_METRICS:
                history = {
                    m.step: m.value for m in client.get_metric_history(run.info.run_id, name)
                }
                survivors.setdefault((float(run.data.params["lr"]), name), []).append(history[2])
    summary = pd.read_csv(written / "summary.csv").set_index("lr")
    assert list(summary["runs"]) == [2, 2]
    assert list(summary["diverged"]) == [0, 2]
    assert {lr for lr, _ in survivors} == {0.1}
    for (lr, name), values in survivors.items():
        row = summary.loc[lr]
        assert row[f"{name}_mean"] == pytest.approx(statistics.fmean(values), rel=1e-12)
        assert row[f"{name}_std"] == pytest.approx(statistics.stdev(values), rel=1e-9)
        assert (row[f"{name}_min"], row[f"{name}_max"]) == (min(values), max(values))
    lost = summary.loc[1.0]
    assert lost[[f"{name}_mean" for name in EPOCH_METRICS]].isna().all()
    assert len(untrained) == 2
    assert lost["test_acc_all_mean"] == pytest.approx(statistics.fmean(untrained), rel=1e-12)
    page = (written / "index.html").read_text()
    accuracies = survivors[0.1, "test_acc"]
    assert f">{statistics.fmean(accuracies):.4f}<" in page
    assert f">{statistics.stdev(accuracies):.4f}<" in page


def test_infinite_metrics_come_back_infinite(folder):
    tracking = open_tracking("sqlite:///mlflow.db", "lr-study")
    params = dict.fromkeys(analysis.reading.runs.PARAMS, 1)
    tags = {"kind": "run", "config_hash": "a", "sweep_id": "b", "outcome": "diverged"}
    with tracking.run("one", tags) as run_log:
        figures = {"train_loss": math.inf, "test_loss": -math.inf, "test_acc": 0.5}
        run_log.log(params=params, metrics={1: figures})
    runs, _ = analysis.load_runs()
    assert list(runs[["train_loss", "test_loss", "test_acc"]].iloc[0]) == [math.inf, -math.inf, 0.5]


def some_runs(seeds, order_seeds):
    count = len(seeds)
    runs = pd.DataFrame({key: [1] * count for key in analysis.reading.runs.PARAMS})
    runs["seed"], runs["order_seed"] = seeds, order_seeds
    runs["outcome"] = "trained"
    for number, name in enumerate(EPOCH_METRICS):
        runs[name] = np.arange(count) + number
    return runs


def summary_of(runs):
    """The summary of runs made by hand, whose untrained models have a test accuracy of 0.1."""
    runs = runs.assign(run_id=np.arange(len(runs)))
    epochs = runs[["run_id"]].assign(epoch=0, test_acc=0.1)
    return summarise(runs, epochs)


@pytest.mark.parametrize(
    ("seeds", "order_seeds", "kept"),
    [
        ([1, 2, 3], [1, 2, 3], set()),
        ([1, 2, 3], [7, 7, 7], {"order_seed"}),
        ([7, 7, 7], [1, 2, 3], {"seed"}),
        ([1, 1, 2, 2], [1, 2, 1, 2], set()),
    ],
)
def test_runs_are_grouped_by_everything_but_the_seeds_that_vary(seeds, order_seeds, kept):
    keys = set(group_keys(some_runs(seeds, order_seeds)))
    assert keys & {"seed", "order_seed"} == kept
    assert {"lr", "batch_size", "loss", "on_divergence"} <= keys


def test_a_single_survivor_has_no_standard_deviation():
    runs = some_runs([1, 2], [1, 2])
    runs.loc[1, "outcome"] = "diverged"
    (row,) = summary_of(runs).to_dict("records")
    assert (row["runs"], row["trained"], row["diverged"]) == (2, 1, 1)
    assert row["test_loss_mean"] == runs["test_loss"][0]
    assert math.isnan(row["test_loss_std"])


def test_the_summary_has_intervals_for_survivors_and_for_all():
    runs = some_runs(range(9), [1] * 9)
    runs["test_acc"] = [0.71, 0.75, 0.72, 0.74, 0.73, 0.7, 0.78, 0.99, 0.99]
    runs.loc[[7, 8], "outcome"] = "diverged"
    (row,) = summary_of(runs).to_dict("records")
    alive, everyone = runs["test_acc"][:7].to_numpy(), np.append(runs["test_acc"][:7], [0.1, 0.1])
    for name, values in (("test_acc", alive), ("test_acc_all", everyone)):
        found = {
            one: row[f"{name}_{one}"] for one in ("median", "iqm", "mean", "std", "min", "max")
        }
        assert found == pytest.approx(
            {
                "median": statistics.median(values),
                "iqm": stats.trim_mean(values, 0.25),
                "mean": statistics.fmean(values),
                "std": statistics.stdev(values),
                "min": min(values),
                "max": max(values),
            }
        )
        for one in ("median", "iqm", "mean"):
            column = f"{name}_{one}"
            assert row[f"{column}_low"] < row[column] < row[f"{column}_high"]
    assert row["diverged_share"] == 2 / 9
    interval = stats.binomtest(2, 9).proportion_ci(0.95, method="wilson")
    assert (row["diverged_share_low"], row["diverged_share_high"]) == pytest.approx(
        (interval.low, interval.high)
    )
    shuffled = runs.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(summary_of(shuffled), summary_of(runs))


def test_a_seed_in_many_orders_is_one_run_of_the_summary():
    runs = some_runs([1, 1, 1, 2, 3], [1, 2, 3, 1, 1])
    runs["test_acc"] = [0.5, 0.9, 0.9, 0.6, 0.7]
    runs.loc[1, "outcome"] = "diverged"
    (row,) = summary_of(runs).to_dict("records")
    assert (row["runs"], row["trained"], row["diverged"], row["repeats"]) == (3, 3, 0, 2)
    assert row["test_acc_mean"] == row["test_acc_all_mean"] == pytest.approx(0.6)
    assert math.isnan(row["test_acc_mean_low"])


def test_a_run_s_last_epoch_is_one_epoch(folder):
    """A run that diverged in epoch 2: nan there must not be filled from epoch 1."""
    tracking = open_tracking("sqlite:///mlflow.db", "lr-study")
    tags = {"kind": "run", "config_hash": "a", "sweep_id": "b", "outcome": "diverged"}
    with tracking.run("one", tags) as run_log:
        run_log.log(params=dict.fromkeys(analysis.reading.runs.PARAMS, 1))
        for step, loss in ((0, 3.0), (1, 2.0), (2, math.nan)):
            run_log.log(metrics={step: {"test_loss": loss, "test_acc": step / 10}})
    runs, epochs = analysis.load_runs()
    assert math.isnan(runs["test_loss"][0])
    assert runs["test_acc"][0] == 0.2
    assert list(epochs["epoch"]) == [0, 1, 2]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "there is no MLflow store .*mlflow.db; train something first"),
        (["--uri", "http://127.0.0.1:9"], "no MLflow server answers"),
        (["--uri", "nonsense"], "tracking.uri must be sqlite:///FILE"),
    ],
)
def test_a_store_that_is_not_there_gives_one_line(folder, lrstudy_report, words, line):
    answer = lrstudy_report(*words)
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert re.match(f"lrstudy-report: .*{line}", answer.err)
    assert not list(folder.iterdir())


def test_an_unknown_or_an_empty_experiment_gives_one_line(folder, lrstudy_report):
    open_tracking("sqlite:///mlflow.db", "empty")
    unknown = lrstudy_report("--experiment", "none")
    assert (unknown.status, unknown.err) == (
        2,
        "lrstudy-report: there is no experiment none; the store has: Default, empty\n",
    )
    empty = lrstudy_report("--experiment", "empty")
    assert (empty.status, empty.err) == (
        2,
        "lrstudy-report: experiment empty has no finished run; train something: lrstudy\n",
    )
    assert not (folder / "report").exists()


def test_a_report_folder_that_cannot_be_written_gives_one_line(study, lrstudy_report, tmp_path):
    (tmp_path / "file").touch()
    answer = lrstudy_report(
        "--uri", f"sqlite:///{study}/mlflow.db", "--output", str(tmp_path / "file" / "out")
    )
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "must be a folder that can be written" in answer.err


def test_the_analysis_never_imports_mxnet():
    import subprocess
    import sys

    code = "import sys, analysis.report.report; print('mxnet' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "False\n"
