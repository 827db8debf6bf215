"""A reader that goes away interrupts a command; without streams or with 30 columns it works."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections import Counter

import psutil
import pytest
from support.commands import (
    LASTING,
    LONG,
    TINY,
    kill,
    runs_of,
    session_of,
    training_runs,
    wait_until,
)
from support.served import COMMAND
from support.shell import shell
from support.signals import default_signals

TO_HEAD = '{ "$@"; echo $? > status; } | head -n 1'
TO_NOBODY = '{ sleep 1; "$@"; echo $? > status; } | true'
SEEDS = [str(seed) for seed in range(1, 9)]
SWEEP = ("-m", f"seed={','.join(SEEDS)}", "order_seed=1")
LONGER = (*TINY[:2], "epochs=300", "loss=log_softmax")
"""In workers' silence the command learns from its next line, after ten seconds at most."""

LOST = "interrupted: its output cannot be written (Broken pipe); "
GOES_ON = "started again, the command leaves out what is finished\n"


def statuses(folder):
    return Counter(run.info.status for run in runs_of(folder))


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["basic", "joblib", "stacked"])
def test_a_sweep_whose_reader_goes_away_stops_at_once_and_the_next_goes_on(
    folder, lrstudy, launcher
):
    length = LONGER if launcher == "joblib" else TINY
    sweep = (*SWEEP, *length, f"hydra/launcher={launcher}")
    said = shell(TO_HEAD, "lrstudy", *sweep)
    assert ((folder / "status").read_text(), said.stderr) == ("141\n", f"lrstudy: {LOST}{GOES_ON}")
    assert re.fullmatch(
        r"Sweep \w+: 8 configurations, 8 to train, 0 finished before\n", said.stdout
    )
    assert not runs_of(folder, status="FAILED")
    assert not runs_of(folder, status="RUNNING")
    finished = len(runs_of(folder, status="FINISHED"))
    assert finished < 8
    assert [run.info.status for run in runs_of(folder, kind="sweep")] == ["KILLED"]
    again = lrstudy(*sweep)
    assert again.status == 0
    assert f"8 configurations, {8 - finished} to train, {finished} finished before" in again.out
    trained = [run.data.params["seed"] for run in runs_of(folder, status="FINISHED")]
    assert sorted(trained) == SEEDS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "words", "line"),
    [
        ("lrstudy", TINY, f"lrstudy: {LOST}{GOES_ON}"),
        ("lrstudy", ("-m", "seed=1,2", *TINY, "dry_run=true"), f"lrstudy: {LOST}{GOES_ON}"),
        ("lrstudy", ("--help",), f"lrstudy: {LOST}{GOES_ON}"),
        (
            "lrstudy-report",
            ("--uri", "sqlite:///{study}/mlflow.db"),
            f"lrstudy-report: {LOST}started again, it writes the report anew\n",
        ),
        ("lrstudy-sync", (), f"lrstudy-sync: {LOST}runs not yet logged are still kept\n"),
    ],
    ids=["one run", "dry run", "help", "report", "sync"],
)
def test_a_command_that_nobody_reads_ends_with_one_line(folder, study, program, words, line):
    said = shell(TO_NOBODY, program, *(word.format(study=study) for word in words))
    assert ((folder / "status").read_text(), said.stderr) == ("141\n", line)
    assert not runs_of(folder, status="RUNNING")


@pytest.mark.slow
def test_a_ui_that_nobody_reads_ends_quietly(folder, study):
    said = shell(TO_NOBODY, "lrstudy-ui", "--uri", f"sqlite:///{study}/mlflow.db")
    assert ((folder / "status").read_text(), said.stderr) == ("0\n", "")


@pytest.mark.slow
def test_a_sweep_whose_output_finds_no_room_stops_at_once(folder):
    said = shell('"$@" > /dev/full', "lrstudy", *SWEEP, *TINY)
    reason = "interrupted: its output cannot be written (No space left on device); "
    assert (said.returncode, said.stderr) == (141, f"lrstudy: {reason}{GOES_ON}")
    assert not {"FAILED", "RUNNING"} & statuses(folder).keys()


@pytest.mark.slow
def test_a_sweep_read_to_the_first_line_of_both_streams_ends_without_a_word(folder):
    said = shell('{ "$@" 2>&1; echo $? > status; } | head -n 1', "lrstudy", *SWEEP, *TINY)
    assert ((folder / "status").read_text(), said.stderr) == ("141\n", "")
    assert said.stdout.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["<&- >&- 2>&-", ">&-", "2>&-"])
def test_a_run_without_streams_works(folder, closed):
    said = shell(f'"$@" {closed}', "lrstudy", *TINY)
    assert (said.returncode, said.stderr) == (0, "")
    assert statuses(folder) == {"FINISHED": 1}


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["basic", "joblib", "stacked"])
def test_a_sweep_without_streams_trains_all(folder, launcher):
    said = shell('"$@" <&- >&- 2>&-', "lrstudy", *SWEEP, *TINY, f"hydra/launcher={launcher}")
    assert said.returncode == 0
    assert statuses(folder) == {"FINISHED": 8}


@pytest.mark.slow
def test_dry_run_report_sync_and_ui_work_without_streams(folder, study):
    uri = f"sqlite:///{study}/mlflow.db"
    closed = '"$@" <&- >&- 2>&-'
    assert shell(closed, "lrstudy", *TINY, "dry_run=true").returncode == 0
    assert shell(closed, "lrstudy-sync").returncode == 0
    assert shell(closed, "lrstudy-report", "--uri", uri).returncode == 0
    assert (folder / "report" / "index.html").exists()
    with default_signals():
        ui = subprocess.Popen(["sh", "-c", f"exec {closed}", "sh", COMMAND, "--uri", uri])
    try:
        wait_until(lambda: is_listening(ui.pid))
        ui.terminate()
        assert ui.wait(timeout=240) == 0
    finally:
        kill(ui.pid)


def is_listening(pid):
    return any(one.status == psutil.CONN_LISTEN for one in psutil.Process(pid).net_connections())


@contextlib.contextmanager
def on_a_terminal(columns, *words, ignored=()):
    """`lrstudy WORDS` on a terminal this wide: the process, and the end that a person sees."""
    person, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    unset = ("COLUMNS", "LINES")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    with default_signals(ignored):
        process = subprocess.Popen(
            ["setsid", "--ctty", sys.executable, "-m", "runner", *words],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env={**environment, "TERM": "xterm"},
        )
    os.close(terminal)
    try:
        yield process, person
    finally:
        for pid in session_of(process.pid):
            kill(pid)
        process.wait()


def seen_on(person):
    """All that is printed, until the command ends."""
    seen = b""
    with contextlib.suppress(OSError):  # the end of a terminal is an error to its reader
        while piece := os.read(person, 65536):
            seen += piece
    os.close(person)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen.decode()).replace("\r\n", "\n")


@pytest.mark.slow
def test_on_30_columns_no_word_is_cut(folder):
    losses = ("loss=pick_log,log_softmax", "seed=1", *TINY)
    with on_a_terminal(30, "-m", *losses) as (process, person):
        seen = seen_on(person)
        assert process.wait() == 0
    assert "…" not in seen
    rows = re.findall(
        r"lr: 0.1\nbatch_size: 256\nloss: (.*)\nruns: 1\ndiverged: 0\n"
        r"median final test accuracy: 0\.\d{4}\n$",
        seen,
        re.MULTILINE,
    )
    assert rows == ["pick_log", "log_softmax"]
    assert re.search(r"[12]/2 [01] running, 0 diverged, 0 +$", seen, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("columns", "in_lines"), [(30, True), (40, True), (50, False), (80, False)]
)
def test_a_dry_run_cuts_no_word_on_a_narrow_terminal(folder, columns, in_lines):
    sweep = ("-m", "lr=1,0.1", "loss=pick_log,log_softmax", "dry_run=true")
    with on_a_terminal(columns, *sweep) as (process, person):
        seen = seen_on(person)
        assert process.wait() == 0
    assert "…" not in seen
    assert seen.count("log_softmax") == 2
    assert ("configuration: pick_log sigma=1 lr=1" in seen) == in_lines


@pytest.mark.slow
def test_a_terminal_that_hangs_up_ends_the_run_as_killed(folder):
    with on_a_terminal(80, *LONG) as (process, person):
        wait_until(lambda: training_runs(folder))
        os.close(person)
        assert process.wait(timeout=240) == 128 + signal.SIGHUP
    assert statuses(folder) == {"KILLED": 1}


@pytest.mark.slow
def test_a_run_told_to_ignore_the_hangup_goes_on_without_its_terminal(folder):
    """As after `disown`."""
    words = ("epochs=100", *LASTING)
    with on_a_terminal(80, *words, ignored=[signal.SIGHUP]) as (process, person):
        wait_until(lambda: training_runs(folder))
        os.close(person)
        assert process.wait(timeout=240) == 0
    assert statuses(folder) == {"FINISHED": 1}
