"""One bad run costs neither the report of the others, nor `rerun=`, nor a sweep beside it."""

import re

import pytest
from support.commands import client_of, runs_of
from support.stored_runs import copied_store, execute
from support.typing_commands import SMALL, type_command

import analysis
from analysis.report import command as cli

TAG = "DELETE FROM tags WHERE run_uuid = ? AND key = ?"
OTHER_TAG = "UPDATE tags SET value = ? WHERE run_uuid = ? AND key = ?"
PARAM = "DELETE FROM params WHERE run_uuid = ? AND key = ?"
OTHER_PARAM = "UPDATE params SET value = ? WHERE run_uuid = ? AND key = ?"
METRIC = "DELETE FROM {table} WHERE run_uuid = ? AND key = ?"


@pytest.fixture
def copy(two_sweeps, folder):
    """The current folder with a copy of the store of two sweeps."""
    copied_store(two_sweeps[0], folder)
    return folder


def test_each_damaged_run_is_left_out_and_named_and_the_others_reported(copy, capsys):
    runs, _ = analysis.load_runs()
    trained = runs[runs["outcome"] == "trained"]
    lost = runs[runs["outcome"] == "diverged"]
    a, b, c, d, i, *others = trained["run_id"]
    e, f, g, h, *_ = lost["run_id"]
    execute(
        copy,
        (TAG, a, "outcome"),
        (TAG, b, "config_hash"),
        (TAG, c, "sweep_id"),
        (PARAM, d, "lr"),
        (OTHER_PARAM, "-1", e, "lr"),
        (OTHER_TAG, "won", f, "outcome"),
        (METRIC.format(table="metrics"), g, "diverged_update"),
        (METRIC.format(table="latest_metrics"), g, "diverged_update"),
        ("DELETE FROM metrics WHERE run_uuid = ? AND step = 1", h),
        ("UPDATE metrics SET value = 'x' WHERE run_uuid = ? AND key = 'test_acc'", i),
        ("UPDATE tags SET value = 'abc' WHERE key = 'mlflow.source.pid'",),
        ("UPDATE tags SET value = '-3' WHERE key = 'stack_width'",),
    )
    first, *_ = (run.info.run_id for run in runs_of(copy, kind="sweep"))
    artifacts = copy / "mlartifacts"
    (artifacts / first / "artifacts" / "plan.json").write_text('[{"config')
    for run_id in others:
        (artifacts / run_id / "artifacts" / "parameters.npz").write_bytes(b"")
    answer = type_command(cli.main, capsys, "lrstudy-report")
    assert answer.status == 0
    expected = {
        f"{a}: it has no tag outcome",
        f"{b}: it has no tag config_hash",
        f"{c}: it has no tag sweep_id",
        f"{d}: it has no parameter lr",
        f"{e}: lr must be a finite number above 0, got -1",
        f"{f}: its tag outcome is won",
        f"{g}: it diverged, but diverged_epoch and diverged_update do not say when",
        f"{h}: it must have epochs 0 to 1 once each, has 1 epochs",
        f"{i}: test_acc must be from 0 to 1, got nan",
    }
    lines = answer.err.splitlines()
    told = {line.removeprefix("lrstudy-report: left out: MLflow run ") for line in lines}
    assert expected < told
    (plan,) = told - expected
    assert f"plan.json of MLflow run {first} is not the plan of a sweep; " in plan
    report = (copy / "report" / "report.md").read_text(encoding="utf-8")
    assert "\n7 runs of softmax regression" in report
    left_out = report.split("### Left out")[1].split("\n## ")[0]
    assert all(f"- MLflow run {line}." in left_out for line in expected)
    assert "- Weights and predictions of trained models: parameters.npz of MLflow run" in left_out


def test_a_damaged_run_is_refused_by_rerun_before_anything_trains(copy, lrstudy):
    one, two, *_ = runs_of(copy)
    run_id = one.info.run_id
    client = client_of(copy)

    def refused(run_id):
        answer = lrstudy(f"rerun={run_id}")
        assert (answer.status, answer.err.count("\n"), answer.out) == (2, 1, "")
        return answer.err

    for width in ("abc", "-3", "100000000"):
        client.set_tag(run_id, "stack_width", width)
        assert re.search(rf"stack_width must be a whole number .*, got {width}; ", refused(run_id))
    client.delete_tag(run_id, "stack_width")
    assert ", got nothing; " in refused(run_id)
    path = copy / "mlartifacts" / run_id / "artifacts" / "parameters.npz"
    for content in (b"", path.read_bytes()[:-9]):
        path.write_bytes(content)
        assert f"parameters.npz of MLflow run {run_id} cannot be read" in refused(run_id)
    client.delete_tag(two.info.run_id, "outcome")
    line = refused(two.info.run_id)
    assert f"MLflow run {two.info.run_id} is damaged: it has no tag outcome; " in line


@pytest.mark.slow
def test_a_run_or_sweep_whose_artifacts_have_no_address_costs_no_other(copy, capsys):
    execute(copy, ("UPDATE runs SET artifact_uri = NULL",))
    answer = type_command(cli.main, capsys, "lrstudy-report")
    assert answer.status == 0
    lines = answer.err.splitlines()
    assert len(lines) == 2  # of the two sweeps
    for line in lines:
        assert re.search(r"plan.json of MLflow run \w+ cannot be read from nowhere \(it has", line)
    report = (copy / "report" / "report.md").read_text(encoding="utf-8")
    assert "- Weights and predictions of trained models: parameters.npz of MLflow run" in report


def test_a_row_that_mlflow_cannot_read_is_told_as_damage(copy, capsys, lrstudy):
    one, *_ = runs_of(copy)
    execute(copy, ("UPDATE runs SET start_time = NULL WHERE run_uuid = ?", one.info.run_id))
    told = [type_command(cli.main, capsys, "lrstudy-report"), lrstudy("dry_run=true", *SMALL)]
    for answer in told:
        assert (answer.status, answer.err.count("\n")) == (2, 1)
        assert "mlflow.db is damaged (start_time cannot be None); put back a copy" in answer.err


@pytest.mark.slow
def test_bytes_in_a_column_of_texts_cost_their_run_only(copy, capsys):
    one, *_ = runs_of(copy)
    execute(copy, ("UPDATE runs SET name = X'ff' WHERE run_uuid = ?", one.info.run_id))
    answer = type_command(cli.main, capsys, "lrstudy-report", "--format", "csv")
    line = f"left out: MLflow run {one.info.run_id}: name must be text, got bytes"
    assert (answer.status, answer.err) == (0, f"lrstudy-report: {line}\n")


@pytest.mark.slow
def test_a_sweep_trains_a_damaged_run_again_and_goes_on_beside_the_others(lrstudy, folder):
    words = ("-m", "lr=0.1,0.01", "loss=log_softmax", *SMALL)
    assert lrstudy(*words).status == 0
    by_rate = {run.data.params["lr"]: run.info.run_id for run in runs_of(folder)}
    client = client_of(folder)
    client.delete_tag(by_rate["0.01"], "outcome")
    for run_id in by_rate.values():
        client.set_tag(run_id, "stack_width", "abc")
    best = by_rate["0.1"]
    (folder / "mlartifacts" / best / "artifacts" / "parameters.npz").write_bytes(b"")
    execute(
        folder,
        ("UPDATE params SET value = '<b>' WHERE run_uuid = ?", best),
        ("DELETE FROM inputs",),  # among them what says that the best run has a model
    )
    # Left by a killed process, or not: its tags do not say.
    experiment = client.get_experiment_by_name("lr-study").experiment_id
    process = {"host": "here", "pid": "abc", "process_start": "x"}
    tags = {"kind": "run", "mlflow.source.name": "lrstudy", **process}
    client.create_run(experiment, tags=tags)
    answer = lrstudy(*words, "dry_run=true")
    assert answer.status == 0
    assert "damaged" in answer.out
    answer = lrstudy(*words)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.count("is damaged: it has no tag outcome; its configuration counts as") == 1
    assert "2 configurations, 1 to train, 1 finished before" in answer.out
    assert f"No model of learning rate 0.1: parameters.npz of MLflow run {best}" in answer.out
    again = lrstudy(*words)
    assert "Nothing to train" in again.out
    assert "damaged" not in again.out
