"""Sweeps on a Ray cluster of two machines."""

import os
import re
import signal
import subprocess
from collections import Counter

import pytest
from support.commands import LONG, TINY, TOLD, runs_of, wait_until
from support.machines import (
    BIN,
    SERVER,
    interrupt,
    missing,
    mlflow_server,
    ray_cluster,
    two_machines,
)
from support.tracking_server import tracking_server

from runner import data
from runner.tracking.origin import PID

pytestmark = [
    pytest.mark.slow,
    pytest.mark.cluster,
    pytest.mark.xdist_group("cluster"),  # one for all
]

MEDIUM = ("data.train_limit=20000", "epochs=100", "loss=log_softmax")
RAY = ("hydra/launcher=ray", f"tracking.uri={SERVER}")

FAKE_APT = """#!/bin/sh
case "$*" in *download*) echo download >> "{home}/fetched"; touch data.deb;; esac
"""
FAKE_DPKG = """#!/bin/sh
mkdir -p "$3{debian}" && cp {real}/*.gz "$3{debian}"
"""


def test_a_machine_without_a_cluster_is_told_in_one_line(folder):
    """Ray looks through the processes of the machine, of which there are none here."""
    pytest.importorskip("ray", reason="Ray is not installed; make cluster installs it")
    if missing():
        pytest.skip(missing())  # which names what is missing: root, iproute2, namespaces
    with tracking_server(folder / "server") as server:
        alone = ("unshare", "--pid", "--mount", "--fork", "--mount-proc")
        words = ("-m", "seed=1,2", *TINY, "hydra/launcher=ray", f"tracking.uri={server.address}")
        ended = subprocess.run(
            [*alone, BIN / "lrstudy", *words],
            env={**os.environ, "RAY_TMPDIR": str(folder)},
            capture_output=True,
            text=True,
        )
    assert ended.returncode == 2
    line = "no Ray cluster answers at auto; start one with ray start --head"
    assert re.fullmatch(f"lrstudy: .*{line}.*\n", ended.stderr)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two machines of a Ray cluster, and the folder of the MLflow server on the first.

    The first has the data; the second fetches it from a Debian package that is faked.
    """
    pytest.importorskip("ray", reason="Ray is not installed; make cluster installs it")
    if missing():
        pytest.skip(missing())  # which names what is missing: root, iproute2, namespaces
    folder = tmp_path_factory.mktemp("cluster")
    with two_machines(folder) as (head, other), mlflow_server(head, folder):
        (head.home / "cache/lrstudy").mkdir(parents=True)
        (head.home / "cache/lrstudy/fashion-mnist").symlink_to(data.locate())
        fill = {
            "home": other.home,
            "debian": data.FASHION_MNIST.debian_folder,
            "real": data.locate(),
        }
        for name, script in (("apt-get", FAKE_APT), ("dpkg-deb", FAKE_DPKG)):
            (other.home / name).write_text(script.format(**fill))
            (other.home / name).chmod(0o755)
        with ray_cluster(head, other, folder):
            yield head, other, folder


@pytest.fixture
def experiment(request):
    """The name of the test's experiment, and of its folder."""
    return re.sub(r"\W", "-", request.node.name)


@pytest.fixture
def sweep(cluster, experiment):
    """`lrstudy -m WORDS` started on the first machine, its runs in an experiment of the test's."""
    head, _, folder = cluster
    here = folder / experiment
    here.mkdir()
    started = []

    def start(*words):
        words = ("-m", *words, *RAY, f"tracking.experiment={experiment}")
        started.append(head.start("lrstudy", *words, folder=here))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            interrupt(process, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def runs(cluster, experiment):
    """The runs of the test's experiment, of a status if given."""
    return lambda status=None, kind="run": runs_of(cluster[2], kind, experiment, status)


def workers_of(*machines):
    """The processes of Ray's that run jobs of ours."""
    return [
        words
        for machine in machines
        for words in machine.processes().values()
        if words.startswith("ray::run_packed_job")
    ]


def test_a_sweep_of_24_jobs_trains_on_both_machines_of_a_ray_cluster(cluster, sweep, runs):
    head, other, _ = cluster
    process = sweep("lr=0.1,0.01", "seed=range(1,13)", *TINY)
    out, err = process.communicate(timeout=400)
    assert (process.returncode, err) == (0, "")
    assert "24 configurations, 24 to train" in out
    done = runs()
    assert {run.info.status for run in done} == {"FINISHED"}
    asked = {(lr, str(seed)) for lr in ("0.1", "0.01") for seed in range(1, 13)}
    trained = Counter((run.data.params["lr"], run.data.params["seed"]) for run in done)
    assert trained == dict.fromkeys(asked, 1)
    assert {run.data.tags["host"] for run in done} == {head.name, other.name}
    assert (other.home / "fetched").read_text() == "download\n"
    again = sweep("lr=0.1,0.01", "seed=range(1,13)", *TINY)
    out, _ = again.communicate(timeout=100)
    assert (again.returncode, "Nothing to train" in out) == (0, True)
    assert workers_of(head, other) == []


def training_on(runs, machine):
    """The runs on a machine that show their untrained model."""
    running = [run for run in runs("RUNNING") if run.data.tags["host"] == machine.name]
    return [run for run in running if "test_acc" in run.data.metrics]


def test_a_run_whose_worker_is_killed_starts_again_and_is_told(cluster, sweep, runs):
    other = cluster[1]
    process = sweep("seed=range(1,7)", *MEDIUM)
    victim = wait_until(lambda: training_on(runs, other))[0]
    other.kill(victim.data.tags[PID])
    out, _ = process.communicate(timeout=400)
    assert process.returncode == 0, out
    told = f"The worker of {victim.info.run_name} was killed (memory?); started again"
    assert told in out
    finished = Counter(run.data.params["seed"] for run in runs("FINISHED"))
    assert finished == {str(seed): 1 for seed in range(1, 7)}
    assert [run.info.run_id for run in runs("KILLED")] == [victim.info.run_id]
    assert runs("RUNNING") == []


def test_a_run_whose_workers_are_all_killed_fails_alone(cluster, sweep, runs):
    other = cluster[1]
    process = sweep("seed=1,2,3,4", *MEDIUM, "hydra.launcher.retries=0")
    victim = wait_until(lambda: training_on(runs, other))[0]
    other.kill(victim.data.tags[PID])
    out, err = process.communicate(timeout=400)
    assert process.returncode == 1
    assert re.fullmatch("lrstudy: 1 of 4 runs failed; .*\n", err)
    assert "failed: its worker was killed 1 time (memory?)" in out
    assert f"repeat: lrstudy seed={victim.data.params['seed']} " in out
    assert Counter(run.info.status for run in runs()) == {"FINISHED": 3, "KILLED": 1}


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_sweep_leaves_no_worker_on_any_machine(cluster, sweep, runs, number, status):
    head, other, _ = cluster
    process = sweep("seed=1,2,3,4,5", *LONG)
    wait_until(lambda: training_on(runs, head) and training_on(runs, other))
    interrupt(process, number)
    out, err = process.communicate(timeout=100)
    assert process.returncode == status
    assert err == TOLD
    assert "Interrupted: 0 of 5 configurations finished, 5 to train" in out
    wait_until(lambda: not workers_of(head, other), seconds=60)
    assert {run.info.status for run in runs()} == {"KILLED"}
    assert [run.info.status for run in runs(kind="sweep")] == ["KILLED"]


def test_the_workers_of_a_killed_command_die_with_it_on_any_machine(cluster, sweep, runs):
    head, other, _ = cluster
    process = sweep("seed=1,2,3,4,5", *LONG)
    wait_until(lambda: training_on(runs, head) and training_on(runs, other))
    interrupt(process, signal.SIGKILL)
    process.communicate(timeout=100)
    wait_until(lambda: not workers_of(head, other), seconds=60)
