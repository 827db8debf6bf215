"""Commands in processes of their own, to be interrupted and killed; and what they leave behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from mlflow import MlflowClient
from support.signals import default_signals

from runner.data import FASHION_MNIST
from runner.tracking.origin import PID
from runner.tracking.store import open_tracking

TINY = ("data.train_limit=256", "data.test_limit=256", "epochs=1")
LASTING = ("data.train_limit=2048", "data.test_limit=256", "loss=log_softmax")
"""An epoch takes a while; no run ends by itself before its last, as those that diverge do."""

TOLD = "lrstudy: interrupted; started again, the command leaves out what is finished\n"

LONG = ("epochs=100000", *LASTING)


@contextmanager
def started(*words, ignored=(), **environment):
    """`lrstudy WORDS` in a session of its own, all of which is killed at the end.

    It ignores the signals in `ignored` and no other deadly ones. Where it takes longer than the
    test waits, the test fails with what each process was doing.
    """
    with default_signals(ignored):
        process = subprocess.Popen(
            [sys.executable, "-m", "runner", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1", **environment},
        )
    try:
        yield process
    except subprocess.TimeoutExpired as error:
        for pid in session_of(process.pid):
            kill(pid, signal.SIGABRT)
        raise AssertionError(f"{error}\n{process.communicate()[1]}") from None
    finally:
        for pid in session_of(process.pid):
            kill(pid)
        process.communicate()


def typed(*words, **environment):
    """`lrstudy WORDS` run to its end: status, output, errors."""
    with started(*words, **environment) as process:
        out, err = process.communicate(timeout=500)
    return process.returncode, out, err


def kill(pid, number=signal.SIGKILL):
    """Send a deadly signal; one that ended by itself since it was listed is as good as killed."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def kill_one(process, draw, share):
    """Kill a command or, with this chance, one of its workers; false if it had ended before."""
    alive = session_of(process.pid)
    if process.pid not in alive:
        return False
    workers = [pid for pid in alive if pid != process.pid]
    victim = draw.choice(workers) if workers and draw.random() < share else process.pid
    kill(victim)
    if victim == process.pid:
        process.wait()
        wait_until(lambda: not session_of(process.pid), seconds=60)
    return True


def session_of(leader):
    """The ids of the processes in the session that `leader` began, without those that ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] not in "ZX":
            found.append(int(stat.parent.name))
    return found


def wait_until(true, seconds=300):
    """Wait for a condition and give what it gave; the test fails where it never comes true."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "this never came true"
        time.sleep(0.1)
    return found


def client_of(folder):
    return MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")


def runs_of(folder, kind="run", experiment="lr-study", status=None):
    """The runs of an experiment in a folder's store; none where there is no store yet."""
    if not (folder / "mlflow.db").exists():
        return []
    client = client_of(folder)
    found = client.get_experiment_by_name(experiment)
    if found is None:
        return []
    runs = list(
        client.search_runs([found.experiment_id], f"tags.kind = '{kind}'", max_results=50_000)
    )
    return [run for run in runs if status is None or run.info.status == status]


def training_runs(folder, count=1, of=None):
    """The runs that show their untrained model, of one command's processes if given.

    None of them where they are fewer than `count`; one that is asked for again may have ended.
    """
    running = runs_of(folder, status="RUNNING")
    if of is not None:
        pids = {str(pid) for pid in session_of(of.pid)}
        running = [run for run in running if run.data.tags[PID] in pids]
    training = [run for run in running if "test_acc" in run.data.metrics]
    return training if len(training) >= count else []


def run_8_commands(*words):
    """80 runs by 8 commands at once, each with its own seeds; all must succeed."""
    commands = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "runner",
                "-m",
                f"seed=range({first},{first + 10})",
                *TINY,
                *words,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for first in range(0, 80, 10)
    ]
    errors = [command.communicate(timeout=1200)[1] for command in commands]
    assert [command.returncode for command in commands] == [0] * 8, errors


def tell_at_once(uri, experiment, count=8):
    """Threads that open a new experiment at once, and at once tell it of the same data."""
    barrier = threading.Barrier(count, timeout=60)

    def tell(number):
        barrier.wait()
        tracking = open_tracking(uri, experiment)
        with tracking.run(f"{number}", {"kind": "run"}) as run_log:
            barrier.wait()
            run_log.datasets(FASHION_MNIST, {"train": 60000, "test": 10000})
        return tracking.client.get_run(run_log.run_id)

    with ThreadPoolExecutor(count) as pool:
        runs = list(pool.map(tell, range(count)))
    assert [len(run.inputs.dataset_inputs) for run in runs] == [2] * count
    assert {run.info.status for run in runs} == {"FINISHED"}


def check_80_runs(client: MlflowClient, runs):
    """Each seed once, and every metric of every epoch of each."""
    assert Counter(run.data.params["seed"] for run in runs) == {str(n): 1 for n in range(80)}
    assert {run.info.status for run in runs} == {"FINISHED"}
    for run in runs:
        steps = {
            metric: [entry.step for entry in client.get_metric_history(run.info.run_id, metric)]
            for metric in ("test_acc", "train_loss", "diverged", "best_test_acc")
        }
        assert steps == {
            "test_acc": [0, 1], "train_loss": [1], "diverged": [1], "best_test_acc": [1]
        }  # fmt: skip
        assert len(run.data.params) == 11
