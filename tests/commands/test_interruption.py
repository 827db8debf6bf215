"""Ctrl-C, SIGTERM and SIGKILL: what a command leaves behind, and how the next one goes on."""

import os
import random
import re
import signal
import time
from collections import Counter

import pytest
from support.commands import (
    LASTING,
    LONG,
    TINY,
    TOLD,
    client_of,
    kill_one,
    runs_of,
    session_of,
    started,
    training_runs,
    typed,
    wait_until,
)
from support.signals import DEADLY, default_signals

from runner.tracking.origin import PID

SIGNALS = [
    (signal.SIGINT, 130),
    pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow),
]


@pytest.fixture
def in_the_background():
    """The tests themselves ignore Ctrl-C and the like, as with `nohup make test &` in a script."""
    with default_signals(ignored=DEADLY):
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("in_the_background")
@pytest.mark.parametrize(("number", "status"), SIGNALS)
def test_an_interrupt_ends_the_run_as_killed_with_one_line(folder, number, status):
    """Also where the tests run in the background: that is not the command's business."""
    with started(*LONG) as process:
        wait_until(lambda: training_runs(folder))
        process.send_signal(number)
        _, err = process.communicate(timeout=240)
        wait_until(lambda: not session_of(process.pid), seconds=60)
    assert (process.returncode, err) == (status, TOLD)
    assert [run.info.status for run in runs_of(folder)] == ["KILLED"]


@pytest.mark.parametrize(("number", "status"), SIGNALS)
@pytest.mark.parametrize("launcher", ["basic", pytest.param("joblib", marks=pytest.mark.slow)])
def test_an_interrupted_sweep_says_what_remains_and_leaves_no_process(
    folder, launcher, number, status
):
    """The first run is short; the next two go on until they are interrupted."""
    count = 2 if launcher == "joblib" else 1
    sweep = ("-m", "epochs=1,100000,100001", *LASTING, f"hydra/launcher={launcher}")
    with started(*sweep, "hydra.launcher.n_jobs=2" if count == 2 else "seed=2") as process:
        wait_until(lambda: runs_of(folder, status="FINISHED") and training_runs(folder, count))
        process.send_signal(number)
        out, err = process.communicate(timeout=240)
        wait_until(lambda: not session_of(process.pid), seconds=60)
    assert (process.returncode, err) == (status, TOLD)
    assert "Interrupted: 1 of 3 configurations finished, 2 to train" in out
    assert Counter(run.info.status for run in runs_of(folder)) == {"FINISHED": 1, "KILLED": count}
    assert [run.info.status for run in runs_of(folder, kind="sweep")] == ["KILLED"]


@pytest.mark.slow
def test_ctrl_c_on_a_terminal_reaches_the_workers_too_and_ends_as_quietly(folder):
    sweep = ("-m", "epochs=100000,100001", *LASTING)
    with started(*sweep, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2") as process:
        wait_until(lambda: training_runs(folder, 2))
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=240)
        wait_until(lambda: not session_of(process.pid), seconds=60)
    assert (process.returncode, err) == (130, TOLD)
    assert [run.info.status for run in runs_of(folder)] == ["KILLED"] * 2


@pytest.mark.slow
def test_an_ignored_interrupt_stays_ignored(folder):
    """As a shell's background command ignores Ctrl-C."""
    with started("epochs=300", *LASTING, ignored=[signal.SIGINT]) as process:
        wait_until(lambda: training_runs(folder))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode == 0


@pytest.mark.slow
def test_the_workers_of_a_killed_command_die_with_it_and_the_next_one_goes_on(folder):
    sweep = ("-m", "seed=1,2,3", *LASTING)
    joblib = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
    with started(*sweep, "epochs=100000", *joblib) as process:
        wait_until(lambda: training_runs(folder, 2))
        assert len(session_of(process.pid)) >= 3
        process.kill()
        process.wait()
        wait_until(lambda: not session_of(process.pid), seconds=60)
    assert Counter(run.info.status for run in runs_of(folder)) == {"RUNNING": 2}
    assert [run.info.status for run in runs_of(folder, kind="sweep")] == ["RUNNING"]
    status, out, _ = typed(*sweep, "epochs=1", *joblib)
    assert status == 0
    assert "3 configurations, 3 to train" in out
    assert Counter(run.info.status for run in runs_of(folder)) == {"KILLED": 2, "FINISHED": 3}
    assert Counter(run.info.status for run in runs_of(folder, kind="sweep")) == {
        "KILLED": 1,
        "FINISHED": 1,
    }
    for run in runs_of(folder, status="KILLED"):  # ended when it last logged, not when repaired
        logged = client_of(folder).get_metric_history(run.info.run_id, "test_acc")
        assert run.info.end_time == max(metric.timestamp for metric in logged)


@pytest.mark.slow
def test_a_killed_worker_costs_its_run_a_new_start_and_no_more(folder):
    sweep = ("-m", "seed=range(1,9)", "data.train_limit=20000", "epochs=100", "loss=log_softmax")
    joblib = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
    with started(*sweep, *joblib) as process:
        (victim, *_) = wait_until(
            lambda: runs_of(folder, status="FINISHED") and training_runs(folder)
        )
        os.kill(int(victim.data.tags[PID]), signal.SIGKILL)
        out, _ = process.communicate(timeout=400)
    assert process.returncode == 0
    assert re.search(r"A worker process was killed \(memory\?\); starting the \d left again", out)
    assert out.splitlines()[-1] == "8 runs: 8 trained"
    finished = [run.data.params["seed"] for run in runs_of(folder, status="FINISHED")]
    assert sorted(finished) == list("12345678")
    assert runs_of(folder, status="RUNNING") == []


@pytest.mark.slow
def test_a_job_that_kills_every_worker_ends_the_sweep_with_one_line(folder):
    """As where a worker needs more memory than there is."""
    sweep = ("-m", "seed=1,2", *TINY, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
    killer = "import os, sys\nif 'loky' in ' '.join(sys.orig_argv): os.kill(os.getpid(), 9)\n"
    (folder / "mxnet.py").write_text(killer)
    status, _, err = typed(*sweep, PYTHONPATH=str(folder))
    assert status == 1
    assert re.fullmatch(r"lrstudy: a worker process was killed .*before any of 2 runs .*\n", err)
    assert runs_of(folder, status="RUNNING") == []


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_killed_at_random_moments_a_sweep_still_finishes_every_configuration_once(folder, launcher):
    """Parent or worker, at any moment from the making of the store on, eight times."""
    draw = random.Random(launcher)
    sweep = ("-m", "seed=range(1,31)", *TINY[:2], "epochs=150", "loss=log_softmax")
    sweep += (f"hydra/launcher={launcher}",)
    sweep += ("hydra.launcher.n_jobs=2",) if launcher == "joblib" else ()
    kills = 0
    while kills < 8:
        with started(*sweep) as process:
            if kills < 3:  # while it starts: imports, the store's making, the plan
                time.sleep(draw.uniform(1, 6))
            else:  # among its runs
                wait_until(lambda: process.poll() is not None or training_runs(folder, of=process))
                time.sleep(draw.uniform(0, 1))
            if not kill_one(process, draw, 0.3):
                break
            kills += 1
    status, _, _ = typed(*sweep)
    assert (status, kills) == (0, 8)
    finished = Counter(run.data.params["seed"] for run in runs_of(folder, status="FINISHED"))
    assert finished == {str(seed): 1 for seed in range(1, 31)}
    assert runs_of(folder, status="RUNNING") == []
    assert len(runs_of(folder, status="KILLED")) >= 2  # so runs were in flight
