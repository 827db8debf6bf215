"""Commands where the system offers less than usual: no user, no home folder, blocked signals."""

import os
import signal
import subprocess
import sys

import pytest
from support.commands import LONG, TOLD, runs_of, training_runs, wait_until

from runner import data

NAMELESS = ("unshare", "--user", "--map-user=12345", "--map-group=12345")
"""The words before a command that run it as a user whom the list of users lacks."""

BARE = {"HOME", "USER", "LOGNAME", "LNAME", "USERNAME", "XDG_CACHE_HOME", "MPLCONFIGDIR"}

READ = """
import contextlib
import sys
from runner.commands import sync, ui
from analysis.report import main as report
for words in (
    ["lrstudy-report", "--format", "html"],
    ["lrstudy-sync"],
    ["lrstudy-ui", "--experiment", "none"],
):
    sys.argv = words
    with contextlib.suppress(SystemExit):
        {"lrstudy-report": report, "lrstudy-sync": sync.main, "lrstudy-ui": ui.main}[words[0]]()
"""


@pytest.fixture
def nameless():
    """The words that run a command without a name; skipped where the system does not allow it."""
    tried = subprocess.run([*NAMELESS, "id", "-u"], capture_output=True, text=True)
    if tried.stdout != "12345\n":
        pytest.skip("this system lets nobody be another user")
    return NAMELESS


def surroundings(**variables):
    """The environment of a command without what says where the user's home is."""
    return {name: value for name, value in os.environ.items() if name not in BARE} | variables


def block_signals():
    """What a careless program does to those that it starts."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGALRM))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


@pytest.mark.slow
def test_a_user_without_name_or_home_trains_and_blocked_signals_end_that(nameless, folder):
    words = [*nameless, sys.executable, "-m", "runner", *LONG, f"data.root={data.locate()}"]
    with subprocess.Popen(
        words,
        env=surroundings(),
        preexec_fn=block_signals,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            wait_until(lambda: training_runs(folder) or process.poll() is not None)
            process.terminate()
            _, err = process.communicate(timeout=100)
        finally:
            process.kill()
    assert (process.returncode, err) == (128 + signal.SIGTERM, TOLD)
    (run,) = runs_of(folder)
    assert (run.info.status, run.data.tags["mlflow.user"]) == ("KILLED", "12345")
    assert {path.name.partition(".")[0] for path in folder.iterdir()} == {
        "mlartifacts",
        "mlflow",
        "outputs",
    }


@pytest.mark.slow
def test_a_home_and_a_cache_that_cannot_be_written_are_no_matter(nameless, folder, study):
    answer = subprocess.run(
        [*nameless, sys.executable, "-c", READ],
        env=surroundings(
            HOME="/proc",
            XDG_CACHE_HOME="/proc/none",
            MLFLOW_TRACKING_URI=f"sqlite:///{study}/mlflow.db",
        ),
        capture_output=True,
        text=True,
    )
    assert answer.stdout == "Report written: report/index.html\n0 of 0 kept runs logged\n"
    assert answer.stderr == (
        "lrstudy-ui: there is no experiment none; the store has: Default, lr-study\n"
    )
