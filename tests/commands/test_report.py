"""The report that `lrstudy-report` writes from real runs, read as its readers and browsers do."""

import contextlib
import io
import math
import re
import shlex
import shutil
import statistics
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from support.commands import client_of
from support.page import Page, explored_runs
from support.typing_commands import SMALL, type_command

import analysis
from analysis.reading.runs import EPOCH_METRICS
from analysis.reading.study import load_study, read_study
from analysis.report import command as cli
from analysis.report.findings import findings
from analysis.report.page import markdown
from analysis.report.provenance import commands_by_commit, typed


@pytest.fixture(scope="module")
def whole(two_sweeps, tmp_path_factory):
    """The folder of the report of both sweeps, which is logged to them."""
    out = tmp_path_factory.mktemp("whole") / "out"
    words = ["--uri", f"sqlite:///{two_sweeps[0]}/mlflow.db", "--output", str(out)]
    said = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        patch.setattr(sys, "argv", ["lrstudy-report", *words])
        cli.main()
    assert said.getvalue() == f"Report written: {out / 'index.html'}\n"
    return out


def test_the_page_stands_alone(whole):
    text = (whole / "index.html").read_text()
    page = Page(text)
    assert page.addresses
    assert all(one.startswith("#") for one in page.addresses)
    assert not re.search(r"@import|url\((?!#)|fetch\(|XMLHttpRequest|<link|<img", text)
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    assert {one[1:] for one in page.addresses if one.startswith("#")} <= ids
    assert len(text) < 5e6
    assert any(tag == "table" and attrs.get("class") == "sortable" for tag, attrs in page.tags)


def test_every_figure_is_in_the_page_and_a_file_beside_it(whole):
    page = Page((whole / "index.html").read_text())
    inside = [attrs["id"] for tag, attrs in page.tags if tag == "figure"]
    files = sorted((whole / "figures").iterdir())
    assert sorted(inside) == [f"figure-{file.stem}" for file in files]
    assert {file.stem for file in files} >= {
        *("headline", "death", "epochs", "rates", "batch_sizes", "survival"),
        *("weights", "predictions", "confusion"),
    }
    text = (whole / "report.md").read_text()
    assert "| trained | \N{EN DASH} |" in text  # a survivor has no cause
    linked = re.findall(r"!\[[^\]]+\]\((figures/\w+\.svg)\)", text)
    assert sorted(linked) == [f"figures/{file.name}" for file in files]
    numbers = [int(number) for number in re.findall(r"\*\*Figure (\d+)\.\*\*", text)]
    assert numbers == list(range(1, len(files) + 1))
    drawn = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert len(drawn) > len(files)  # some are drawn anew for a phone
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in drawn)


def test_the_page_names_every_run_and_says_how_it_was_made(whole, two_sweeps):
    page = Page((whole / "index.html").read_text())
    study = load_study("lr-study", f"sqlite:///{two_sweeps[0]}/mlflow.db")
    run = study.runs.iloc[0]
    for text in (
        *study.runs["run_id"],
        *study.sweeps["run_id"],
        *two_sweeps[1].values(),
        "lrstudy -m lr=1,0.1 seed=1,2 batch_size=64,256",
        run["versions"],
        run["machine"],
        run["host"],
        "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
        "make install data",
    ):
        assert text in page.text
    assert "mxnet 1.9.1" in run["versions"]


def test_the_explorer_holds_every_run_once_with_the_figures_of_the_tables(whole):
    explored = explored_runs((whole / "index.html").read_text())
    titles = {"pick_log": "article's loss", "log_softmax": "stable loss"}
    runs = pd.read_csv(whole / "runs.csv").set_index("run_id")
    epochs = pd.read_csv(whole / "epochs.csv")
    assert len(explored["run_id"]) == len(set(explored["run_id"])) == len(runs) == 16
    for number, run_id in enumerate(explored["run_id"]):
        run, own = runs.loc[run_id], epochs[epochs["run_id"] == run_id].sort_values("epoch")
        assert {key["label"]: key["values"][key["of"][number]] for key in explored["keys"]} == {
            "form of the loss": titles[run["loss"]],
            "learning rate": f"{run['lr']:g}",
            "batch size": str(run["batch_size"]),
            "seed": str(run["seed"]),
            "seed of the order": str(run["order_seed"]),
        }
        for metric in ("test_acc", "test_loss"):
            shown = [math.nan if one is None else one for one in explored[metric][number]]
            np.testing.assert_allclose(shown, own[metric], rtol=0, atol=0.5001e-4)
        words = shlex.split(explored["command"][number])
        assert {f"lr={run['lr']:g}", "lrstudy"} - {"lr=0.1"} <= set(words)
        assert explored["outcome"][number] == run["outcome"]
        assert explored["epochs"][number] == 2
        if run["outcome"] == "trained":
            assert (explored["died"][number], explored["sentence"][number]) == (None, None)
            continue
        epoch, update, place = explored["died"][number]
        assert (epoch, update) == (run["diverged_epoch"], run["diverged_update"])
        assert place == pytest.approx(update / (2048 / run["batch_size"]), abs=0.5001e-3)
        assert explored["sentence"][number] == run["divergence_sentence"]
    assert {"trained", "diverged"} <= set(explored["outcome"])


@pytest.mark.parametrize("kind", ["broad", "narrow"])
def test_each_dot_of_the_headline_figure_leads_to_its_run(whole, kind):
    text = (whole / "index.html").read_text()
    explored = explored_runs(text)
    epochs = pd.read_csv(whole / "epochs.csv").set_index(["run_id", "epoch"])["test_acc"]
    figure = text.split('id="figure-headline"')[1].split(f'<div class="{kind}">')[1]
    drawn = ElementTree.fromstring(figure.split("</div>")[0])
    rates = next(key["of"] for key in explored["keys"] if key["label"] == "learning rate")
    places = {}
    for group, numbers in explored["dots"].items():
        dots = drawn.findall(
            f".//*[@id='headline-{kind}-{group}']//{{http://www.w3.org/2000/svg}}use"
        )
        for number, dot in zip(numbers, dots, strict=True):
            last = 0 if explored["outcome"][number] == "diverged" else 2
            accuracy = epochs[explored["run_id"][number], last]
            places.setdefault(rates[number], []).append((accuracy, float(dot.get("x"))))
    assert {rate: len(pairs) for rate, pairs in places.items()} == {0: 4, 1: 4}
    for pairs in places.values():  # a panel each
        accuracies, across = np.array(pairs).T
        slope, start = np.polyfit(accuracies, across, 1)
        assert slope > 50
        np.testing.assert_allclose(across, start + slope * accuracies, atol=0.01)


def test_the_report_and_the_summary_are_artifacts_of_the_sweeps(report, two_sweeps, tmp_path):
    uri = f"sqlite:///{two_sweeps[0]}/mlflow.db"
    study = load_study("lr-study", uri)
    client = MlflowClient(uri)
    report("--sweep", two_sweeps[1]["pick_log"])
    logged = {
        row["sweep_id"]: {one.path for one in client.list_artifacts(row["run_id"], "report")}
        for row in study.sweeps.to_dict("records")
    }
    assert logged[two_sweeps[1]["pick_log"]] == {"report/index.html", "report/summary.csv"}
    run_id = study.sweeps.set_index("sweep_id")["run_id"][two_sweeps[1]["pick_log"]]
    stored = client.download_artifacts(run_id, "report/index.html", str(tmp_path))
    assert Path(stored).read_text() == (tmp_path / "out" / "index.html").read_text()


@pytest.mark.slow
def test_a_report_on_a_sweep_is_not_logged_to_one_that_shares_its_runs(lrstudy, capsys):
    lrstudy("-m", "lr=0.1", "seed=1,2", *SMALL)
    lrstudy("-m", "lr=0.1", "seed=1,2,3", *SMALL)
    first, second = load_study("lr-study", None).sweeps.to_dict("records")
    answer = type_command(cli.main, capsys, "lrstudy-report", "--sweep", first["sweep_id"])
    assert (answer.status, answer.err) == (0, "")
    client = client_of(Path.cwd())
    assert len(client.list_artifacts(first["run_id"], "report")) == 2
    assert client.list_artifacts(second["run_id"], "report") == []
    assert f"lrstudy-report --sweep {first['sweep_id']}\n" in Path("report/report.md").read_text()


@pytest.mark.usefixtures("whole")
@pytest.mark.slow
def test_a_filtered_report_is_not_logged_over_the_whole_one(report, two_sweeps):
    uri = f"sqlite:///{two_sweeps[0]}/mlflow.db"
    client = MlflowClient(uri)
    run_id = load_study("lr-study", uri).sweeps["run_id"][0]
    size = {one.path: one.file_size for one in client.list_artifacts(run_id, "report")}
    assert len(size) == 2
    assert report("--where", "lr=0.1").status == 0
    assert {one.path: one.file_size for one in client.list_artifacts(run_id, "report")} == size


@pytest.mark.slow
def test_artifacts_that_cannot_be_written_leave_the_report_alone(
    report, two_sweeps, tmp_path, monkeypatch
):
    def full(self):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("runner.tracking.experiment.RunLog.artifacts", full)
    answer = report()
    assert answer.status == 0
    assert answer.err == (
        "lrstudy-report: not logged to MLflow: [Errno 28] No space left on device\n"
    )
    assert (tmp_path / "out" / "index.html").exists()


def test_the_tables_alone_give_the_same_report_without_mlflow(report, two_sweeps, whole, tmp_path):
    out = shutil.copytree(whole, tmp_path / "out")
    study = load_study("lr-study", f"sqlite:///{two_sweeps[0]}/mlflow.db")
    stored = read_study(out)
    for name in ("runs", "epochs", "sweeps"):
        pd.testing.assert_frame_equal(getattr(stored, name), getattr(study, name))
    first, summary = (out / "report.md").read_text(), (out / "summary.csv").read_text()
    explored = explored_runs((out / "index.html").read_text())
    answer = report(source=("--from", str(out)))
    assert (answer.status, answer.err) == (0, "")
    assert (out / "summary.csv").read_text() == summary
    again = (out / "report.md").read_text()
    assert first.split("## The answer")[1].split("![")[0] in again
    assert explored_runs((out / "index.html").read_text()) == explored
    assert "Weights and predictions of trained models: tables hold no parameters." in again


@pytest.mark.parametrize(
    ("formats", "files"),
    [
        ("csv", {"summary.csv", "paired.csv", "runs.csv", "epochs.csv", "sweeps.csv"}),
        pytest.param("md", {"report.md", "figures"}, marks=pytest.mark.slow),
        pytest.param("html", {"index.html", "figures"}, marks=pytest.mark.slow),
    ],
)
def test_only_the_formats_that_were_asked_for_are_written(report, tmp_path, formats, files):
    assert report("--format", formats).status == 0
    written = {file.name for file in (tmp_path / "out").iterdir()}
    assert written == {*files, "made_from.json"}


@pytest.mark.slow
def test_two_sweeps_are_compared_on_the_seeds_that_both_have(report, two_sweeps, tmp_path):
    place, ids = two_sweeps
    answer = report("--compare", ids["log_softmax"], ids["pick_log"])
    assert (answer.status, answer.err) == (0, "")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "A has loss log_softmax, B pick_log; otherwise each row has the same settings." in text
    table = text.split("### Sweep A against sweep B")[1].split("\n\n")[2].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert [row[:2] for row in cells] == [["1", "256"], ["1", "64"], ["0.1", "256"], ["0.1", "64"]]
    runs, epochs = analysis.load_runs(uri=f"sqlite:///{place}/mlflow.db")
    untrained = epochs[epochs["epoch"] == 0].set_index("run_id")["test_acc"]
    lost = runs["outcome"] == "diverged"
    runs["test_acc"] = np.where(lost, runs["run_id"].map(untrained), runs["test_acc"])
    for row in cells:
        side = runs[(runs["lr"] == float(row[0])) & (runs["batch_size"] == int(row[1]))]
        a, b = (
            side[side["loss"] == loss].sort_values("seed")["test_acc"].to_numpy()
            for loss in ("log_softmax", "pick_log")
        )
        assert row[6] == "2"
        expected = float(np.mean(a - b))
        assert float(row[8]) == pytest.approx(expected, abs=6e-5)


def test_a_command_is_shown_as_it_was_typed():
    assert typed("/home/me/.venv/bin/lrstudy -m lr=1,0.1") == "lrstudy -m lr=1,0.1"
    assert typed("/app/runner/__main__.py +experiment=smoke") == "lrstudy +experiment=smoke"
    assert typed("") == ""


@pytest.mark.parametrize(
    "command", ["rm -rf /", "lrstudy 'open", "lrstudy a\N{REPLACEMENT CHARACTER}b"]
)
def test_what_is_no_command_of_ours_is_not_shown_to_be_typed(command):
    assert typed(command) == ""


def test_a_single_run_has_the_command_that_trains_it_again(lrstudy, capsys):
    lrstudy("lr=0.5", "seed=3", "order_seed=4", "loss=log_softmax", *SMALL)
    answer = type_command(cli.main, capsys, "lrstudy-report")
    assert (answer.status, answer.err) == (0, "")
    text = Path("report/report.md").read_text()
    assert "Here the same program is trained once." in text
    assert "Shown is one model of the stable loss for each learning rate (`lr`) at which" in text
    (line,) = re.findall(r"^lrstudy lr=.*$", text, re.MULTILINE)
    assert lrstudy(*line.split()[1:]).out.count("skip_finished=false trains it again") == 1


def test_the_commands_lead_to_this_report_from_another_experiment(lrstudy, capsys):
    lrstudy("lr=0.5", "tracking.experiment='a (b)'", *SMALL)
    words = ("--experiment", "a (b)", "--where", "lr=0.5,1", "seed=2")
    assert type_command(cli.main, capsys, "lrstudy-report", *words).status == 0
    text = Path("report/report.md").read_text()
    *_, train, report_line = text.split("## How it was made")[1].split("```")[1].splitlines()
    assert shlex.split(report_line) == [
        *("lrstudy-report", "--experiment", "a (b)", "--where", "lr=0.5,1", "seed=2")
    ]
    answer = lrstudy(*shlex.split(train)[1:])
    assert answer.out.count("skip_finished=false trains it again") == 1


@pytest.mark.slow
def test_each_command_stands_at_the_commit_that_its_runs_were_made_at(two_sweeps):
    study = load_study("lr-study", f"sqlite:///{two_sweeps[0]}/mlflow.db")
    first, second = (study.runs["sweep_id"] == one for one in study.sweeps["sweep_id"])
    runs = study.runs.assign(git_commit="a" * 40, dirty="false")
    runs.loc[second, ["git_commit", "dirty"]] = ["b" * 40, "true"]
    resumed = first & (runs["seed"] == 2)
    runs.loc[resumed, "git_commit"] = "b" * 40
    earlier, later = commands_by_commit(replace(study, runs=runs))
    assert (earlier["checkout"], earlier["dirty"]) == ("a" * 40, False)
    assert (later["checkout"], later["dirty"]) == ("b" * 40, True)
    (command,) = earlier["commands"]
    assert command.endswith("# 4 of its 8 runs")
    assert "loss=pick_log" in command
    again, other = later["commands"]
    assert again == command
    assert "loss=log_softmax" in other
    assert "#" not in other
    text = markdown(replace(study, runs=runs), findings(study))
    assert f"At commit {'b' * 12}, with uncommitted changes that a checkout does not have" in text


def test_a_picture_that_has_nothing_to_show_is_named_among_those_left_out(
    report, two_sweeps, tmp_path
):
    ids = two_sweeps[1]
    compared = ("--compare", ids["log_softmax"], ids["pick_log"])
    assert report(*compared, "--where", "lr=0.1").status == 0
    text = (tmp_path / "out" / "report.md").read_text()
    assert "- Sweep A and sweep B against learning rate: there is only one learning rate." in text
    assert f"lrstudy-report {shlex.join(compared)} --where lr=0.1\n" in text


def test_how_often_intervals_are_right_is_what_was_simulated(whole):
    """The words under the tables are the figures of docs/statistics.md."""
    text = (whole / "report.md").read_text()
    docs = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text()

    def in_use(heading, rows, columns):
        table = docs.split(f"### {heading}\n")[1].split("###")[0].splitlines()
        cells = [line.strip("| ").split(" | ") for line in table if "**" in line]
        return [float(row[2 + column]) for row in cells if row[0] in rows for column in columns]

    def ends(found):
        return f"{min(found):.0f} to {max(found):.0f}"

    seeds, rows = "Over seeds", ("mean", "median", "iqm")
    several = ends(in_use(seeds, rows, (1, 2, 4, 5, 7, 8)))
    assert f"intervals held the true value in {several} of 100 samples." in text
    assert f"With five runs they did in {ends(in_use(seeds, rows, (0, 3, 6)))}." in text
    pairs, rows = "Pairs of runs with the same seed", ("mean difference", "iqm difference")
    assert f"held the true value in {ends(in_use(pairs, rows, (6, 7)))} of 100 samples." in text
    assert f"With thirty seeds it did in {ends(in_use(pairs, rows, (8,)))}." in text


def test_the_numbers_are_those_of_mlflow_s_own_client(study, study_report):
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
    summary = pd.read_csv(study_report / "summary.csv").set_index("lr")
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
    page = (study_report / "index.html").read_text()
    accuracies = survivors[0.1, "test_acc"]
    assert f">{statistics.fmean(accuracies):.3f}<" in page
    assert f">{statistics.stdev(accuracies):.3f}<" in page
