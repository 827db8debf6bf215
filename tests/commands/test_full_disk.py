"""A full disk ends a command in one line; with room again the same command goes on."""

import contextlib
import os
import re
import sqlite3
import subprocess
from collections import Counter

import pytest
from support.commands import LASTING, TINY, runs_of, started, training_runs, typed, wait_until
from support.typing_commands import type_command

from runner.commands import lrstudy as cli

FULL = (
    r"lrstudy: the disk is full: .* cannot be written; make room and start the command again, "
    r"which goes on with what is not finished\n"
)


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    """The current folder is a disk of 3 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "lrstudy", disk]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small disk, and not in every container")
    try:
        monkeypatch.chdir(disk)
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield disk
    finally:
        monkeypatch.undo()
        subprocess.run(["umount", "--lazy", disk], check=True)


def is_whole(disk):
    """Whether SQLite finds nothing wrong with the store."""
    with contextlib.closing(sqlite3.connect(disk / "mlflow.db")) as store:
        return store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def fill(disk):
    """Leave no byte."""
    with (disk / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(4096))


def make_room(disk):
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)


@pytest.mark.slow
def test_a_disk_that_fills_up_ends_the_run_in_a_line(small_disk, capsys):
    words = ("epochs=300", *LASTING)
    with started(*words) as process:
        wait_until(lambda: training_runs(small_disk))
        fill(small_disk)
        out, err = process.communicate(timeout=300)
    assert re.fullmatch(FULL, err), err
    assert process.returncode == 2
    assert "Traceback" not in out
    assert is_whole(small_disk)
    assert not runs_of(small_disk, status="FINISHED")
    again = type_command(cli.main, capsys, "lrstudy", *words)  # as full as before
    assert again.status == 2
    assert re.fullmatch(FULL, again.err)
    make_room(small_disk)
    assert type_command(cli.main, capsys, "lrstudy", *words).status == 0
    assert len(runs_of(small_disk, status="FINISHED")) == 1
    assert not runs_of(small_disk, status="RUNNING")


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_a_disk_that_fills_up_ends_a_sweep_which_goes_on_with_room(small_disk, launcher):
    sweep = ("-m", "seed=range(0,20)", *TINY, f"hydra/launcher={launcher}")
    status, out, err = typed(*sweep)
    assert status in (1, 2)  # as a sweep with a failed run, or where not even that can be told
    assert err.count("\n") == 1
    assert "the disk is full" in out + err
    assert "Traceback" not in out + err
    assert is_whole(small_disk)
    finished = len(runs_of(small_disk, status="FINISHED"))
    assert 0 < finished < 20
    make_room(small_disk)
    status, out, err = typed(*sweep)
    assert (status, err) == (0, "")
    assert f"{20 - finished} to train, {finished} finished before" in out
    counts = Counter(run.data.params["seed"] for run in runs_of(small_disk, status="FINISHED"))
    assert counts == {str(seed): 1 for seed in range(20)}
    assert not runs_of(small_disk, status="RUNNING")
    assert is_whole(small_disk)
