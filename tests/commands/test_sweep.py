"""A sweep is planned first, trains what is missing, shows how far it is, and sums up."""

import contextlib
import os
import pty
import re
import statistics
import subprocess
import sys
import time

import pytest
from mlflow import MlflowClient
from support.commands import LASTING, TINY, runs_of, typed
from support.typing_commands import SMALL

HUNDRED = ("-m", "seed=range(1,51)", "lr=0.1,0.2", *TINY)


def rows_of(text):
    """The rows of the printed tables, cell by cell."""
    lines = [line for line in text.splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


@pytest.mark.slow
def test_a_finished_sweep_of_100_configurations_asks_the_store_no_more_than_one_of_2(
    lrstudy, folder, monkeypatch
):
    asked = []
    search_runs = MlflowClient.search_runs

    def counted(client, *arguments, **keywords):
        asked.append(arguments)
        return search_runs(client, *arguments, **keywords)

    monkeypatch.setattr(MlflowClient, "search_runs", counted)
    for sweep in (HUNDRED, ("-m", "seed=1,2", *TINY)):
        lrstudy(*sweep)
        asked.clear()
        begin = time.monotonic()
        answer = lrstudy(*sweep)
        print(f"repeated in {time.monotonic() - begin:.1f} s")
        assert (answer.status, "0 to train" in answer.out) == (0, True)
        # runs left behind, all that counts, the sweep's own run
        assert len(asked) == 3
    assert len(runs_of(folder)) == 100


def test_a_sweep_cut_off_after_its_last_run_is_completed_by_the_next(lrstudy, folder, monkeypatch):
    from runner.sweeps import best_models as models

    def cut_off(*_):
        raise KeyboardInterrupt

    sweep = ("-m", "seed=1,2", *TINY)
    with monkeypatch.context() as patch:
        patch.setattr(models, "log_best_models", cut_off)
        assert lrstudy(*sweep).status == 130
    assert [run.info.status for run in runs_of(folder, kind="sweep")] == ["KILLED"]
    for _ in range(2):  # as well where nothing is left to do
        answer = lrstudy(*sweep)
        assert answer.status == 0
        assert "Nothing to train" in answer.out
        assert [row[:4] for row in rows_of(answer.out)] == [["0.1", "256", "2", "0"]]
        assert [run.info.status for run in runs_of(folder, kind="sweep")] == ["FINISHED"]
        with_model = [run for run in runs_of(folder) if run.outputs.model_outputs]
        assert (len(runs_of(folder)), len(with_model)) == (2, 1)


def test_a_dry_run_shows_every_job_with_its_state_and_trains_nothing(lrstudy, folder, monkeypatch):
    from runner.runs import outcome

    sweep = ("-m", "seed=1,2,3,3", *TINY)
    answer = lrstudy(*sweep, "dry_run=true")
    assert answer.status == 0
    assert list(folder.iterdir()) == []  # not even a store
    assert [row[1] for row in rows_of(answer.out)] == ["new"] * 3
    assert "3 configurations, 3 to train, 1 duplicate dropped. About " in answer.out
    assert "dry_run=true: nothing was trained." in answer.out

    lrstudy("seed=1", *TINY)
    with monkeypatch.context() as patch:
        patch.delattr(outcome, "summarise")
        assert lrstudy("-m", "seed=2", *TINY).status == 1
    rows = rows_of(lrstudy(*sweep, "dry_run=true").out)
    assert [(row[0].split()[4], row[1]) for row in rows] == [
        ("seed=1", "finished"), ("seed=2", "failed before"), ("seed=3", "new"),
    ]  # fmt: skip
    assert [bool(row[2] and row[3]) for row in rows] == [False, True, True]
    every = lrstudy(*sweep, "dry_run=true", "skip_finished=false")
    assert "3 configurations, 3 to train, 1 duplicate dropped. About " in every.out
    assert len(runs_of(folder)) == 2


def test_a_dry_run_of_one_run_is_a_plan_too(lrstudy, folder):
    answer = lrstudy(*TINY, "dry_run=true")
    assert (answer.status, len(rows_of(answer.out))) == (0, 1)
    assert not (folder / "mlflow.db").exists()


def test_a_dry_run_refuses_what_the_sweep_would_refuse(lrstudy):
    assert lrstudy("-m", "lr=0.1,-1", "dry_run=true").status == 2
    assert lrstudy("dry_run=true", "tracking.uri=http://127.0.0.1:9").status == 2


def bytes_below(folder):
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*"))


@pytest.mark.slow
def test_the_disk_that_a_dry_run_tells_is_what_runs_take(folder):
    typed("seed=100", *TINY)
    sweep = ("-m", "seed=range(1,11)", "data.train_limit=256", "data.test_limit=256", "epochs=5")
    _, told, _ = typed(*sweep, "dry_run=true")
    kilobytes = {"kB": 1, "MB": 1000}
    number, unit = re.search(r"([\d.,]+) (kB|MB) of disk", told).groups()
    before = bytes_below(folder)
    typed(*sweep)
    taken = (bytes_below(folder) - before) / 1000
    assert 0.5 < float(number.replace(",", "")) * kilobytes[unit] / taken < 2


def test_a_sweep_says_how_far_it_is_in_plain_lines_and_ends_with_a_table_over_seeds(
    lrstudy, folder
):
    answer = lrstudy("-m", "lr=0.1,1", "seed=1,2,3", *SMALL, "loss=pick_log,log_softmax")
    pattern = r"(\d+) of 12: .*: (trained|diverged|stalled) \((\d+) diverged, 0 failed(.*)\)"
    lines = re.findall(pattern, answer.out)
    assert [int(number) for number, *_ in lines] == list(range(1, 13))
    assert ["left" in rest for *_, rest in (lines[0], lines[-1])] == [True, False]
    assert "\x1b" not in answer.out

    expected = []
    for lr in ("0.1", "1.0"):
        for loss in ("pick_log", "log_softmax"):
            runs = [
                run for run in runs_of(folder)
                if (run.data.params["lr"], run.data.params["loss"]) == (lr, loss)
            ]  # fmt: skip
            survivors = [run for run in runs if run.data.metrics["diverged"] == 0]
            accuracies = [run.data.metrics["test_acc"] for run in survivors]
            median = f"{statistics.median(accuracies):.4f}" if accuracies else "none survived"
            diverged = str(len(runs) - len(survivors))
            expected.append([lr.removesuffix(".0"), "256", loss, "3", diverged, median])
    assert rows_of(answer.out) == expected
    assert any(row[-1] == "none survived" for row in expected)


def test_the_table_counts_what_was_finished_before(lrstudy):
    lrstudy("seed=1", *TINY)
    answer = lrstudy("-m", "seed=1,2,3", *TINY)
    (row,) = rows_of(answer.out)
    assert row[:4] == ["0.1", "256", "3", "0"]
    assert answer.out.endswith("\n2 runs: 2 trained; 1 finished before\n")


@pytest.mark.slow
def test_a_terminal_gets_one_live_line_for_the_sweep(folder):
    """Under a real terminal; the line is drawn anew where it stands, not printed again.

    Each run takes several times as long as the line waits until it asks again.
    """
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "runner", "-m", "seed=1,2,3", *LASTING, "epochs=300"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
    with subprocess.Popen(
        command, stdin=child, stdout=child, stderr=child, env=environment, close_fds=True
    ) as process:
        os.close(child)
        seen = b""
        with contextlib.suppress(OSError):  # the end of a terminal is an error to its reader
            while piece := os.read(parent, 65536):
                seen += piece
    os.close(parent)
    assert process.returncode == 0
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen.decode())
    states = re.findall(r"Sweep \S+ (\d)/3 (\d) running, (\d) diverged, 0 failed(.*)", text)
    assert len({done for done, *_ in states}) >= 2
    assert any("left" in rest for *_, rest in states)
    assert "1 of 3:" not in text
    assert "Epochs" not in text  # the bar of a run by itself
    assert b"\x1b[2K" in seen
