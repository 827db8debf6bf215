"""`lrstudy-sync` logs what was kept, trusts nothing of it, and asks where to."""

import os
import shutil

import pytest
from mlflow import MlflowClient
from support.commands import runs_of
from support.guarded import guarded
from support.kept_runs import keep
from support.typing_commands import type_command

from runner.commands import sync as cli

HERE = ("--uri", "sqlite:///mlflow.db")


@pytest.fixture
def sync(folder, capsys):
    """Type `lrstudy-sync WORDS` in the empty folder."""
    return lambda *words: type_command(cli.main, capsys, "lrstudy-sync", *words)


def names(folder):
    return sorted(run.info.run_name for run in runs_of(folder, status="FINISHED"))


def damaged(folder):
    """Kept folders of which each is damaged in its own way, by a word of what is said of it."""
    outside = folder / "outside"
    outside.write_text("somebody's secret")
    kept = {}

    def one(word):
        kept[word] = keep(folder / "outputs" / word.replace(" ", "-"), word)
        return kept[word]

    (one("Expecting") / "run.jsonl").write_text("{")
    (one("decode") / "run.jsonl").write_bytes(b"\xff")
    records = one("'name' is missing") / "run.jsonl"
    records.write_text(records.read_text().replace('"name"', '"nom"'))
    records = one("run.jsonl is not a file") / "run.jsonl"
    records.unlink()
    os.mkfifo(records)
    (one("No such file") / "run.jsonl").unlink()
    os.mkfifo(one("pipe is not a file") / "artifacts" / "pipe")
    records = one("jsonl is a symbolic link") / "run.jsonl"
    records.rename(folder / "moved")
    records.symlink_to(folder / "moved")
    (one("link is a symbolic link") / "artifacts" / "link").symlink_to(outside)
    (one("up is a symbolic link") / "artifacts" / "folder" / "up").symlink_to(folder)
    whole = one("it is a symbolic link")
    whole.rename(folder / "whole")
    whole.symlink_to(folder / "whole")
    return kept


def contents(folder):
    """Every path below a folder, with what it is and holds."""
    return {
        str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
    }  # fmt: skip


def test_damaged_kept_runs_are_named_and_left_and_do_not_block_the_others(sync, folder):
    good = [keep(folder / "outputs" / name, name) for name in ("a", "z")]
    bad = damaged(folder)
    before = {word: contents(path) for word, path in bad.items()}
    answer = sync(*HERE)
    assert answer.status == 1
    assert (
        answer.err == "lrstudy-sync: not all could be logged; the lines above say which and why\n"
    )
    assert f"2 of {len(bad) + 2} kept runs logged" in answer.out
    for word, path in bad.items():
        start = f"{path.relative_to(folder)} is not a kept run of lrstudy and is left as it is: "
        (line,) = [line for line in answer.out.splitlines() if line.startswith(start)]
        assert word in line
    assert {word: contents(path) for word, path in bad.items()} == before
    assert names(folder) == ["a", "z"]
    assert not [path for path in good if path.exists()]
    stored = [path.name for path in folder.glob("mlartifacts/*/artifacts/folder/*")]
    assert stored == ["file.txt"] * 2


def test_what_mlflow_refuses_is_named_and_left_too(sync, folder):
    long = keep(folder / "outputs" / "m", "long")
    records = long / "run.jsonl"
    records.write_text(records.read_text().replace('"lr": "0.1"', f'"{"x" * 300}": "0.1"'))
    keep(folder / "outputs" / "z", "z")
    answer = sync(*HERE)
    assert answer.status == 1
    assert f"{long.relative_to(folder)} could not be logged and is left as it is: " in answer.out
    assert "Traceback" not in answer.out + answer.err
    assert long.exists()
    assert names(folder) == ["z"]


def test_the_address_is_the_user_s_or_is_confirmed(sync, folder, monkeypatch, server_address):
    kept = keep(folder / "outputs", "one", uri=server_address, experiment="kept")
    answer = sync()
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert f"names the store {server_address}, which must be confirmed" in answer.err
    assert f"lrstudy-sync --uri {server_address}\n" in answer.err
    said = iter(["n\n", "", "y\n"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdin.readline", lambda: next(said))
    assert [sync().status for _ in range(3)] == [2, 2, 0]
    assert not kept.exists()
    kept = keep(folder / "outputs", "two", uri=server_address, experiment="kept")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server_address)
    assert sync().status == 0
    found = MlflowClient(server_address).get_experiment_by_name("kept")
    runs = MlflowClient(server_address).search_runs([found.experiment_id])
    assert {"one", "two"} <= {run.info.run_name for run in runs}
    assert sync().out == "0 of 0 kept runs logged\n"


def test_a_masked_address_is_completed_by_the_user(sync, folder, monkeypatch, server_address):
    with guarded(server_address, "me", "p4ss") as place:
        keep(folder / "outputs", "three", uri=f"http://***@{place}", experiment="kept")
        monkeypatch.setattr("sys.stdin.isatty", lambda: True)  # cannot be confirmed
        answer = sync()
        assert (answer.status, answer.err.count("\n")) == (2, 1)
        assert "type its whole address" in answer.err
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://me:p4ss@{place}")
        answer = sync()
    assert (answer.status, "p4ss" in answer.out + answer.err) == (0, False)
    assert f"in http://***@{place}\n" in answer.out


def test_what_a_kept_run_says_cannot_command_the_terminal(sync, folder):
    keep(folder / "outputs" / "a", "\x1b[2Jgone\x9b")
    broken = keep(folder / "outputs" / "b", "b")
    (broken / "artifacts" / "\x1b[31mlink").symlink_to("nowhere")
    answer = sync(*HERE)
    assert answer.status == 1
    assert answer.out.replace("\n", "").isprintable()
    assert r"\x1b[2Jgone\x9b: MLflow run" in answer.out
    shutil.rmtree(broken)
