"""Reading needs no writing: a store in a folder that cannot be written is read as it is."""

import os
import re
import signal
import sqlite3
import subprocess
import urllib.request

import pytest
from support.served import served
from support.stores import copy_store, files_of
from support.typing_commands import SMALL, type_command

import analysis
from analysis.report import command as report_cli
from runner.commands import lrstudy as cli
from runner.commands import ui
from runner.process import InputError

SWEEP = ("lr=1,0.1", "seed=1,2", *SMALL)


@pytest.fixture
def lock(tmp_path):
    """Make a folder one that cannot be written; root needs a mount for that."""
    locked = []

    def make(place):
        if os.getuid() == 0:
            steps = (
                (["mount", "--bind"], [place, place]),
                (["mount", "-o"], ["remount,ro,bind", place]),
            )
            for command, words in steps:
                if subprocess.run([*command, *words], capture_output=True).returncode != 0:
                    pytest.skip("this container does not let root mount a folder")
        else:
            place.chmod(0o555)
        locked.append(place)
        os.chdir(place)  # from what is below the mount to what is mounted

    yield make
    for place in locked:
        if os.getuid() == 0:
            subprocess.run(["umount", "--lazy", place], check=True)
        else:
            place.chmod(0o755)


@pytest.fixture
def store(study, tmp_path, monkeypatch):
    """The current folder: a copy of the small study's store."""
    place = tmp_path / "store"
    place.mkdir()
    copy_store(study / "mlflow.db", place / "mlflow.db")
    monkeypatch.chdir(place)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return place


@pytest.mark.slow
def test_a_store_in_a_folder_that_cannot_be_written_is_read(store, lock, tmp_path, capsys):
    files = files_of(store / "mlflow.db")
    lock(store)
    answer = type_command(cli.main, capsys, "lrstudy", "-m", *SWEEP, "dry_run=true")
    assert (answer.status, answer.err) == (0, "")
    assert "4 configurations, 0 to train" in answer.out
    answer = type_command(cli.main, capsys, "lrstudy", "lr=0.1", "seed=1", *SMALL, "dry_run=true")
    assert (answer.status, answer.err) == (0, "")
    assert "1 configuration, 0 to train" in answer.out
    runs, _ = analysis.load_runs()
    assert len(runs) == 4
    answer = type_command(report_cli.main, capsys, "lrstudy-report", "--output", f"{tmp_path}/out")
    assert (answer.status, answer.out) == (0, f"Report written: {tmp_path}/out/index.html\n")
    assert re.fullmatch("(lrstudy-report: not logged to MLflow: .*\n)?", answer.err)
    assert {path.name for path in store.iterdir()} == {"mlflow.db"}
    assert files_of(store / "mlflow.db") == files


def test_training_into_it_is_refused(store, lock, capsys):
    lock(store)
    for words in ([], ["-m"]):
        answer = type_command(cli.main, capsys, "lrstudy", *words, *SMALL)
        assert (answer.status, answer.err.count("\n")) == (2, 1)
        assert "Traceback" not in answer.out


def test_a_store_that_needs_files_beside_it_says_so(store, lock, capsys):
    """A killed process left a write-ahead log, and SQLite may not make the index for it."""
    database = sqlite3.connect("mlflow.db")
    database.execute("INSERT INTO experiments (name, workspace) VALUES ('late', 'default')")
    database.commit()
    log = (store / "mlflow.db-wal").read_bytes()
    database.close()
    (store / "mlflow.db-wal").write_bytes(log)
    lock(store)
    before = signal.getsignal(signal.SIGTERM)
    for main, *words in (
        (cli.main, "lrstudy", "-m", *SWEEP, "dry_run=true"),
        (report_cli.main, "lrstudy-report"),
        (ui.main, "lrstudy-ui"),
    ):
        answer = type_command(main, capsys, *words)
        assert (answer.status, answer.err.count("\n")) == (2, 1)
        assert (
            "mlflow.db cannot be read (unable to open database file); if files with" in answer.err
        )
    signal.signal(signal.SIGTERM, before)
    with pytest.raises(InputError, match="cannot be read"):
        analysis.load_runs()


@pytest.mark.slow
def test_the_ui_shows_a_store_in_a_folder_that_cannot_be_written(store, lock):
    files = files_of(store / "mlflow.db")
    lock(store)
    with served(store) as (_, link):
        place, _, page = link.partition("/#/experiments/")
        address = f"{place}/api/2.0/mlflow/experiments/get?experiment_id={page.split('/')[0]}"
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert '"lr-study"' in answer.read().decode()
    assert files_of(store / "mlflow.db") == files


@pytest.mark.slow
def test_the_ui_leaves_a_store_as_it_is(store):
    files = files_of(store / "mlflow.db")
    with served(store):
        pass
    assert files_of(store / "mlflow.db") == files
