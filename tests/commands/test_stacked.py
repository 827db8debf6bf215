"""`hydra/launcher=stacked`: configurations train together, each stays a run of its own."""

import os
import random
import re
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from support.commands import (
    LASTING,
    LONG,
    TOLD,
    client_of,
    kill,
    kill_one,
    runs_of,
    session_of,
    started,
    typed,
    wait_until,
)

from runner.commands import lrstudy as cli
from runner.runs import handover
from runner.sweeps.compose import MergingLoader
from runner.training import train_stack

SMALL = ("data.train_limit=2048", "data.test_limit=512", "epochs=2", "order_seed=1")
SWEEP = ("-m", "lr=1,0.1", "seed=1,2,3", "loss=pick_log,log_softmax", *SMALL)
STACKED = "hydra/launcher=stacked"
HERE = "hydra.launcher.n_jobs=1"


def logged(folder, experiment):
    """All that a sweep logged, by configuration: figures by step, tags, params, artifacts."""
    client = client_of(folder)
    found = {}
    for run in runs_of(folder, experiment=experiment, status="FINISHED"):
        history = {
            name: [
                (one.step, one.value) for one in client.get_metric_history(run.info.run_id, name)
            ]
            for name in run.data.metrics
        }
        artifacts = folder / "mlartifacts" / run.info.run_id / "artifacts"
        files = {str(path.relative_to(artifacts)) for path in artifacts.rglob("*.*")}
        tags = {name: run.data.tags.get(name) for name in ("outcome", "divergence_cause")}
        found[run.data.tags["config_hash"]] = (history, tags, run.data.params, files)
    return found


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A folder in which the same sweep ran one by one, and stacked in two processes."""
    folder = tmp_path_factory.mktemp("both")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr(sys, "argv", ["lrstudy", *SWEEP, "tracking.experiment=alone"])
        cli.main()
        words = (STACKED, "hydra.launcher.n_jobs=2", "tracking.experiment=stacked")
        status, out, err = typed(*SWEEP, *words, OMP_NUM_THREADS="")
    assert (status, err) == (0, "")
    (folder / "printed.txt").write_text(out)
    return folder


@pytest.mark.slow
def test_a_stacked_sweep_logs_what_the_runs_alone_log(both):
    alone, together = logged(both, "alone"), logged(both, "stacked")
    assert len(together) == 12
    assert together.keys() == alone.keys()
    outcomes = set()
    for config_hash, (history, tags, params, files) in together.items():
        its_history, its_tags, its_params, its_files = alone[config_hash]
        assert (tags, params, files) == (its_tags, its_params, its_files)
        outcomes.add(tags["outcome"])
        assert history.keys() == its_history.keys()
        for name, values in history.items():
            tolerance = 2 / 512 if "acc" in name else 0
            assert [step for step, _ in values] == [step for step, _ in its_history[name]]
            for (_, ours), (_, theirs) in zip(values, its_history[name], strict=True):
                assert ours == pytest.approx(theirs, rel=1e-5, abs=tolerance, nan_ok=True)
    assert outcomes == {"trained", "diverged"}


@pytest.mark.slow
def test_a_run_says_how_many_trained_with_it(both):
    widths = {
        name: {run.data.tags["stack_width"] for run in runs_of(both, experiment=name)}
        for name in ("alone", "stacked")
    }
    assert widths == {"alone": {"1"}, "stacked": {"6"}}


@pytest.mark.slow
def test_runs_that_train_in_several_processes_are_told_of_one_by_one(both):
    out = (both / "printed.txt").read_text()
    assert "Epoch 1" not in out
    told = re.findall(r"^(\d+) of 12: .* lr=\S+ .*: (trained|diverged) \(", out, re.MULTILINE)
    assert [int(number) for number, _ in told] == list(range(1, 13))


@pytest.mark.slow
def test_a_process_of_several_trains_in_one_thread(both):
    threads = {run.data.tags["threads"] for run in runs_of(both, experiment="stacked")}
    assert threads == {"1"}


@pytest.mark.slow
def test_each_run_of_a_stack_has_an_output_folder_of_its_own(both):
    (sweep,) = (one.parent for one in both.glob("multirun/*/*/multirun.yaml") if is_stacked(one))
    folders = sorted(int(path.name) for path in sweep.iterdir() if path.is_dir())
    assert folders == list(range(12))
    names = set()
    for number in folders:
        log = (sweep / str(number) / "lrstudy.log").read_text()
        (name,) = re.findall(r"\] (\w+ .*\blr=.*)\n", log)
        names.add(name)
        assert re.search(r"Untrained\. Test acc", log)
        assert re.search(r"Epoch 1\. Loss: ", log)
        lr = re.search(r" lr=(\S+) bs=256 seed=(\d)", name)
        config = (sweep / str(number) / ".hydra" / "config.yaml").read_text()
        assert f"lr: {float(lr.group(1))}" in config
        assert f"\nseed: {lr.group(2)}" in config
    assert len(names) == 12


def is_stacked(file):
    return STACKED in file.read_text()


def test_a_stacked_sweep_is_resumed_like_any_other(lrstudy, folder):
    assert lrstudy("-m", "lr=0.1", "seed=1,2", *SMALL, STACKED, HERE).status == 0
    answer = lrstudy("-m", "lr=0.1", "seed=1,2,3", *SMALL, STACKED, HERE)
    assert "3 configurations, 1 to train, 2 finished before" in answer.out
    assert len(runs_of(folder)) == 3


def test_an_error_in_a_stack_is_that_of_its_runs_and_of_no_other(lrstudy, folder, monkeypatch):
    def broken(configurations, *arguments):
        if configurations[0].batch_size == 100:
            raise ZeroDivisionError("a defect")
        return train_stack(configurations, *arguments)

    monkeypatch.setattr("runner.training.train_stack", broken)
    answer = lrstudy("-m", "seed=1,2", "batch_size=100,256", *SMALL, STACKED, HERE)
    assert answer.status == 1
    assert "4 runs: 2 trained, 2 failed" in answer.out
    assert answer.out.count("ZeroDivisionError: a defect (see ") == 2
    ended = {(run.data.tags["config_hash"], run.info.status) for run in runs_of(folder)}
    assert sorted(status for _, status in ended) == ["FAILED", "FAILED", "FINISHED", "FINISHED"]


def test_after_a_failure_no_other_stack_is_trained_if_that_is_asked_for(lrstudy, monkeypatch):
    trained = []

    def broken(configurations, *arguments):
        trained.append(configurations)
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("runner.training.train_stack", broken)
    words = ("seed=1,2", "batch_size=100,256", "fail_fast=true", *SMALL, STACKED, HERE)
    answer = lrstudy("-m", *words)
    assert answer.status == 1
    assert "4 runs: 1 failed, 3 not started" in answer.out
    assert len(trained) == 1
    assert handover._trained == {}  # nor is anything kept of what was not started


def test_what_a_run_of_a_stack_logs_is_one_transaction(lrstudy, folder, monkeypatch):
    from mlflow import MlflowClient

    log_batch, logged_at_once = MlflowClient.log_batch, []

    def counted(self, run_id, *arguments, **keywords):
        if not any(one.model_id for one in keywords.get("metrics", ())):  # the sweep's, at its end
            logged_at_once.append(run_id)
        return log_batch(self, run_id, *arguments, **keywords)

    monkeypatch.setattr(MlflowClient, "log_batch", counted)
    assert lrstudy("-m", "seed=1,2,3", *SMALL, STACKED, HERE).status == 0
    assert sorted(logged_at_once) == sorted(run.info.run_id for run in runs_of(folder))


def test_the_configuration_of_a_job_is_merged_once_in_a_sweep(lrstudy, monkeypatch):
    merge, merged = MergingLoader._merge, []

    def counted(self, master_config, overrides):
        merged.append(tuple(overrides))
        return merge(self, master_config, overrides)

    monkeypatch.setattr(MergingLoader, "_merge", counted)
    assert lrstudy("-m", "seed=1,2,3", *SMALL, STACKED, HERE).status == 0
    assert len(merged) == len(set(merged)) == 3


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_an_interrupted_stack_leaves_neither_a_process_nor_a_run(folder, processes):
    sweep = ("-m", "seed=1,2", *LONG, STACKED, f"hydra.launcher.n_jobs={processes}")
    with started(*sweep) as process:
        wait_until(lambda: is_busy(process.pid, processes))
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=240)
        wait_until(lambda: not session_of(process.pid), seconds=60)
    assert process.returncode == 143
    assert "Interrupted: 0 of 2 configurations finished, 2 to train" in out
    assert runs_of(folder) == []
    assert [run.info.status for run in runs_of(folder, kind="sweep")] == ["KILLED"]


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0, 0.3, 1, 3])
def test_ctrl_c_on_a_terminal_reaches_the_workers_too_and_ends_as_quietly(folder, seconds):
    """Also while they start."""
    with started("-m", "seed=1,2", *LONG, STACKED, "hydra.launcher.n_jobs=2") as process:
        wait_until(lambda: len(session_of(process.pid)) > 2)  # a worker, beside Python's tracker
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=240)
        wait_until(lambda: not session_of(process.pid), seconds=60)
    assert (process.returncode, err) == (130, TOLD)


@pytest.mark.slow
def test_the_workers_of_a_killed_command_die_with_it(folder):
    with started("-m", "seed=1,2", *LONG, STACKED, "hydra.launcher.n_jobs=2") as process:
        wait_until(lambda: is_busy(process.pid, 2))
        process.kill()
        process.wait()
        wait_until(lambda: not session_of(process.pid), seconds=60)


@pytest.mark.slow
def test_a_stack_whose_worker_was_killed_is_trained_again(folder):
    sweep = ("-m", "seed=1,2", "epochs=300", *LASTING)
    with started(*sweep, STACKED, "hydra.launcher.n_jobs=2") as process:
        (worker,) = wait_until(lambda: training_in(process.pid) - {process.pid})
        kill(worker)
        out, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    assert "A worker process was killed (memory?); starting the 1 left again" in out
    assert "2 runs: 2 trained" in out
    ended = sorted(run.info.status for run in runs_of(folder))
    assert ended in (["FINISHED"] * 2, ["FINISHED", "FINISHED", "KILLED"])


@pytest.mark.slow
def test_killed_at_random_moments_a_stacked_sweep_finishes_every_configuration_once(folder):
    """The command or its worker, while they start, train and log."""
    draw = random.Random("stacked")
    sweep = ("-m", "seed=range(1,41)", *LASTING, "epochs=60", STACKED, "hydra.launcher.n_jobs=2")
    kills = 0
    while kills < 6:
        with started(*sweep) as process:
            time.sleep(draw.uniform(2, 6))
            if not kill_one(process, draw, 0.5):
                break
            kills += 1
    assert kills >= 3
    assert typed(*sweep)[0] == 0
    finished = Counter(run.data.params["seed"] for run in runs_of(folder, status="FINISHED"))
    assert finished == {str(seed): 1 for seed in range(1, 41)}
    assert runs_of(folder, status="RUNNING") == []


def training_in(leader):
    """The processes in the session of a command that have loaded MXNet."""
    return {pid for pid in session_of(leader) if has_mxnet(pid)}


def has_mxnet(pid):
    try:
        return "libmxnet" in Path(f"/proc/{pid}/maps").read_text()
    except OSError:  # it has ended since it was listed
        return False


def is_busy(leader, processes):
    """Whether a command trains in so many processes, and has for a while."""
    if len(training_in(leader)) < processes:
        return False
    time.sleep(3)  # an epoch ends within it; no run says so before its stack is trained
    return True
