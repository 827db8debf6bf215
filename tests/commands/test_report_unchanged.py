"""A report that is there already is not made again; whatever changed, it is."""

import json
import os
import shutil
from types import SimpleNamespace

import pytest
from mlflow import MlflowClient
from support.stored_runs import copied_store, execute

from analysis.report import report as writing

CHANGED = "Report written"


@pytest.fixture
def copy(two_sweeps, tmp_path):
    """A copy of the two sweeps' store that may be changed."""
    copied_store(two_sweeps[0], tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def told(lrstudy_report, copy, tmp_path, monkeypatch):
    """Type `lrstudy-report` with findings that cost nothing; what it says before the file."""
    monkeypatch.setattr(writing, "markdown", lambda study, *_: str(len(study.runs)))
    monkeypatch.setattr(writing, "html", lambda text, *_: text)

    nothing = SimpleNamespace(sections={})
    monkeypatch.setattr(writing, "findings", lambda *_: nothing)
    monkeypatch.setattr(writing, "_tables", lambda study, *_: {"runs.csv": str(len(study.runs))})

    def typed(*words):
        uri = f"sqlite:///{copy / 'mlflow.db'}"
        answer = lrstudy_report("--uri", uri, "--output", str(tmp_path / "out"), *words)
        assert (answer.status, answer.err) == (0, "")
        said, _, file = answer.out.partition(": ")
        assert file == f"{tmp_path / 'out' / 'index.html'}\n"
        return said

    return typed


def test_a_report_is_made_again_only_where_something_changed(told, copy, tmp_path):
    out = tmp_path / "out"
    written = [told(), *(told() for _ in range(2))]
    assert written == [CHANGED, "Report unchanged", "Report unchanged"]

    def edit():
        (out / "index.html").write_text("edited by hand")

    def remove():
        (out / "report.md").unlink()

    def damage_the_note():
        (out / "made_from.json").write_text("{")

    def log():
        client = MlflowClient(f"sqlite:///{copy / 'mlflow.db'}")
        client.create_run(client.get_experiment_by_name("lr-study").experiment_id)

    def change_the_store():
        execute(copy, ("UPDATE runs SET name = 'another' WHERE status = 'FINISHED'",))

    def change_an_artifact():
        (plan, *_) = copy.glob("mlartifacts/*/artifacts/plan.json")
        plan.write_text(json.dumps(json.loads(plan.read_text())[:1]))

    for change in (edit, remove, damage_the_note, log, change_the_store, change_an_artifact):
        change()
        assert told() == CHANGED, change.__name__
        assert told() == "Report unchanged", change.__name__
    assert (out / "index.html").read_text() == (out / "report.md").read_text()


def test_other_options_and_another_program_make_another_report(told, tmp_path, monkeypatch):
    assert told() == CHANGED
    assert [told("--where", "lr=0.1") for _ in range(2)] == [CHANGED, "Report unchanged"]
    assert [told("--format", "html") for _ in range(2)] == [CHANGED, "Report unchanged"]
    monkeypatch.setattr("analysis.report.unchanged._digest_of_program", lambda: "another")
    assert told("--format", "html") == CHANGED


def test_an_unchanged_report_is_told_without_reading_a_run(told, monkeypatch):
    told()
    monkeypatch.setattr("analysis.reading.load_study", None)
    assert told() == "Report unchanged"


@pytest.mark.slow
def test_damage_is_named_each_time(lrstudy_report, copy, tmp_path):
    (parameters, *_) = copy.glob("mlartifacts/*/artifacts/plan.json")
    parameters.unlink()
    words = ("--uri", f"sqlite:///{copy / 'mlflow.db'}", "--output", str(tmp_path / "out"))
    for _ in range(2):
        answer = lrstudy_report(*words, "--format", "csv")
        assert "left out: plan.json of MLflow run" in answer.err
        assert answer.out.startswith(CHANGED)


@pytest.mark.slow
def test_tables_alone_are_told_apart_too(lrstudy_report, copy, tmp_path):
    out = tmp_path / "out"
    store = ("--uri", f"sqlite:///{copy / 'mlflow.db'}")
    lrstudy_report(*store, "--output", str(out), "--format", "csv")
    tables = shutil.copytree(out, tmp_path / "tables")
    words = ("--from", str(tables), "--output", str(tmp_path / "again"), "--format", "csv")
    said = [lrstudy_report(*words).out.partition(":")[0] for _ in range(2)]
    assert said == [CHANGED, "Report unchanged"]
    lines = (tables / "epochs.csv").read_text().splitlines()
    (tables / "epochs.csv").write_text(os.linesep.join([lines[0], *lines[:0:-1]]))
    assert lrstudy_report(*words).out.startswith(CHANGED)
