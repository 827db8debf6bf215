"""`lrstudy-report` with bad input: one line that says what to do, and no report."""

import re

import pytest

from runner.tracking.store import open_tracking


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--where", "colour=red"], "--where must be KEY=VALUE with KEY of lr, batch_size, .*red"),
        (["--where", "lr"], "--where must be KEY=VALUE"),
        (["--where", "lr=fast"], "--where lr must have numbers, got fast"),
        (["--where", "seed=1.5"], "--where seed must have whole numbers, got 1.5"),
        (["--where", "lr=7"], "no finished run is left with lr 7; there are 16"),
        (["--sweep", "feed"], "there is no sweep feed with a finished run; sweeps: [0-9a-f]{16}, "),
        (["--compare", "feed", "f00d"], "there is no sweep feed"),
        (["--compare", "a", "b", "--sweep", "c"], "--compare and --sweep both choose sweeps; "),
        (["--from", "report"], "--from reads tables, --uri and --experiment a store; leave out"),
        (["--format", "pdf"], "--format must be one or more of html,md,csv, got pdf"),
    ],
)
def test_a_wrong_option_gives_one_line(report, tmp_path, words, line):
    answer = report(*words)
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert re.match(f"lrstudy-report: {line}", answer.err)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [None, "a,b\n1,2\n", "run_id,config_hash,lr\nx,y,fast\n", ""])
def test_a_folder_without_such_tables_gives_one_line(report, tmp_path, content):
    if content is not None:
        (tmp_path / "runs.csv").write_text(content)
    answer = report(source=("--from", str(tmp_path)))
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert re.match(
        r"lrstudy-report: .*runs\.csv must be a table that lrstudy-report wrote", answer.err
    )


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
