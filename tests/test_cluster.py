"""Sweeps on several machines: a Ray cluster of two, and what Slurm is asked to run."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter

import pytest
from commands import is_training, runs_of, session_of, started, typed, wait_until
from machines import SERVER, interrupt, missing, mlflow_server, ray_cluster, two_machines

from runner import data

TINY = ("data.train_limit=256", "data.test_limit=256", "epochs=1")
LONG = ("data.train_limit=2048", "data.test_limit=256", "epochs=100000")
RAY = ("hydra/launcher=ray", f"tracking.uri={SERVER}")

FAKE_APT = """#!/bin/sh
case "$*" in *download*) echo download >> "{home}/fetched"; touch data.deb;; esac
"""
FAKE_DPKG = """#!/bin/sh
mkdir -p "$3{debian}" && cp {real}/*.gz "$3{debian}"
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two machines of a Ray cluster, and the folder of the MLflow server on the first.

    The first has the data; the second fetches it from a Debian package that is faked.
    """
    pytest.importorskip("ray", reason="Ray is not installed; make cluster installs it")
    if missing():
        pytest.skip(missing())
    folder = tmp_path_factory.mktemp("cluster")
    with two_machines(folder) as (head, other), mlflow_server(head, folder):
        (head.home / "cache/lrstudy").mkdir(parents=True)
        (head.home / "cache/lrstudy/fashion-mnist").symlink_to(data.locate())
        fill = {"home": other.home, "debian": data.DEBIAN_FOLDER, "real": data.locate()}
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
        if words.startswith("ray::run_sent")
    ]


@pytest.mark.cluster
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


def is_training_on(runs, machine, count=1):
    """Whether so many runs on a machine show their untrained model."""
    running = [run for run in runs("RUNNING") if run.data.tags["host"] == machine.name]
    return sum("test_acc" in run.data.metrics for run in running) >= count


@pytest.mark.cluster
def test_a_run_whose_worker_is_killed_starts_again_and_is_told(cluster, sweep, runs):
    other = cluster[1]
    process = sweep("seed=range(1,7)", "data.train_limit=20000", "epochs=10")
    wait_until(lambda: is_training_on(runs, other))
    victim = next(run for run in runs("RUNNING") if run.data.tags["host"] == other.name)
    other.kill(victim.data.tags["pid"])
    out, _ = process.communicate(timeout=400)
    assert process.returncode == 0, out
    told = f"The worker of {victim.info.run_name} was killed (memory?); started again"
    assert told in out
    finished = Counter(run.data.params["seed"] for run in runs("FINISHED"))
    assert finished == {str(seed): 1 for seed in range(1, 7)}
    assert [run.info.run_id for run in runs("KILLED")] == [victim.info.run_id]
    assert runs("RUNNING") == []


@pytest.mark.cluster
def test_a_run_whose_workers_are_all_killed_fails_alone(cluster, sweep, runs):
    other = cluster[1]
    process = sweep(
        "seed=1,2,3,4", "data.train_limit=20000", "epochs=10", "hydra.launcher.retries=0"
    )
    wait_until(lambda: is_training_on(runs, other))
    victim = next(run for run in runs("RUNNING") if run.data.tags["host"] == other.name)
    other.kill(victim.data.tags["pid"])
    out, err = process.communicate(timeout=400)
    assert process.returncode == 1
    assert re.fullmatch("lrstudy: 1 of 4 runs failed; .*\n", err)
    assert "failed: its worker was killed 1 time (memory?)" in out
    assert f"repeat: lrstudy seed={victim.data.params['seed']} " in out
    assert Counter(run.info.status for run in runs()) == {"FINISHED": 3, "KILLED": 1}


@pytest.mark.cluster
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_sweep_leaves_no_worker_on_any_machine(cluster, sweep, runs, number, status):
    head, other, _ = cluster
    process = sweep("seed=1,2,3,4,5", *LONG)
    wait_until(lambda: is_training_on(runs, head) and is_training_on(runs, other))
    interrupt(process, number)
    out, err = process.communicate(timeout=100)
    assert process.returncode == status
    assert err == "lrstudy: interrupted; started again, the command leaves out what is finished\n"
    assert "Interrupted: 0 of 5 configurations finished, 5 to train" in out
    wait_until(lambda: not workers_of(head, other), seconds=30)
    assert {run.info.status for run in runs()} == {"KILLED"}
    assert [run.info.status for run in runs(kind="sweep")] == ["KILLED"]


@pytest.mark.cluster
def test_the_workers_of_a_killed_command_die_with_it_on_any_machine(cluster, sweep, runs):
    head, other, _ = cluster
    process = sweep("seed=1,2,3,4,5", *LONG)
    wait_until(lambda: is_training_on(runs, head) and is_training_on(runs, other))
    interrupt(process, signal.SIGKILL)
    process.communicate(timeout=100)
    wait_until(lambda: not workers_of(head, other), seconds=60)


@pytest.fixture
def served(folder):
    """The address of an MLflow server on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *command, "--workers", "1"],
            stdout=log,
            stderr=log,
            env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        )
    try:
        wait_until(lambda: answers(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


LOCAL = ("hydra/launcher=submitit_local", "data.train_limit=256", "data.test_limit=256")


@pytest.fixture
def submitit():
    return pytest.importorskip("submitit", reason="make cluster installs submitit")


@pytest.mark.cluster
def test_a_sweep_through_submitit_logs_to_the_folder_of_its_command(submitit, folder):
    """Each job is a process of its own; the paths and the store of the environment are relative."""
    (folder / "data").symlink_to(data.locate())
    given = {"MLFLOW_TRACKING_URI": "sqlite:///store.db"}
    sweep = ("-m", "seed=1,2", "epochs=1", *LOCAL, "data.root=data", "hydra.sweep.dir=out")
    status, out, err = typed(*sweep, **given)
    assert (status, err) == (0, "")
    assert re.search("2 runs: ", out)
    (folder / "store.db").rename(folder / "mlflow.db")
    done = runs_of(folder, status="FINISHED")
    assert sorted(run.data.params["seed"] for run in done) == ["1", "2"]
    assert len({run.data.tags["pid"] for run in done}) == 2
    for number in "01":
        assert "Epoch 1" in (folder / "out" / number / "lrstudy.log").read_text()
        kept = (folder / "out" / number / ".hydra" / "config.yaml").read_text()
        assert f"uri: sqlite:///{folder}/store.db" in kept
        assert f"root: {folder}/data" in kept


@pytest.mark.cluster
def test_a_killed_process_of_submitit_costs_its_run_a_new_start(submitit, folder):
    sweep = ("-m", "seed=1,2", "epochs=400", *LOCAL)
    with started(*sweep) as process:
        wait_until(lambda: is_training(folder))
        victim = runs_of(folder, status="RUNNING")[0]
        os.kill(int(victim.data.tags["pid"]), signal.SIGKILL)
        out, _ = process.communicate(timeout=400)
    assert process.returncode == 0, out
    assert re.search(f"The worker of {re.escape(victim.info.run_name)} was killed .*again", out)
    statuses = Counter((run.data.params["seed"], run.info.status) for run in runs_of(folder))
    killed = {(victim.data.params["seed"], "KILLED"): 1}
    assert statuses == {("1", "FINISHED"): 1, ("2", "FINISHED"): 1, **killed}


@pytest.mark.cluster
def test_an_interrupted_sweep_of_submitit_leaves_no_process(submitit, folder):
    with started("-m", "seed=1,2", "epochs=100000", *LOCAL) as process:
        wait_until(lambda: is_training(folder, 2))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=100)
        wait_until(lambda: not session_of(process.pid), seconds=30)
    assert process.returncode == 143
    assert [run.info.status for run in runs_of(folder)] == ["KILLED"] * 2


FAKE_SLURM = """#!/bin/sh
echo "$(basename $0) $*" >> "$SLURM_LOG"
case $(basename $0) in
  sbatch) cp "$1" "$SLURM_LOG.sbatch"; echo "$MLFLOW_TRACKING_URI" > "$SLURM_LOG.uri"
          echo "Submitted batch job 42";;
  sacct) printf "JobID|State|NodeList\\n42_0|RUNNING|a\\n42_1|RUNNING|b\\n";;
esac
"""


@pytest.mark.cluster
def test_slurm_is_asked_for_an_array_of_jobs_which_an_interrupt_cancels(submitit, folder, served):
    """The script is what `sbatch` is handed: options, threads, and the command of each job."""
    (folder / "slurm").mkdir()
    for name in ("sbatch", "scancel", "sacct", "srun"):
        (folder / "slurm" / name).write_text(FAKE_SLURM)
        (folder / "slurm" / name).chmod(0o755)
    log = folder / "slurm.log"
    given = {"PATH": f"{folder}/slurm:{os.environ['PATH']}", "SLURM_LOG": str(log)}
    options = ("partition=short", "timeout_min=30", "cpus_per_task=4", "array_parallelism=1")
    launcher = [f"hydra.launcher.{option}" for option in options]
    sweep = ("-m", "seed=1,2", *TINY, "hydra/launcher=submitit_slurm", "hydra.sweep.dir=out")
    given["MLFLOW_TRACKING_URI"] = served
    with started(*sweep, *launcher, **given) as process:
        wait_until(lambda: log.exists() and "sacct" in log.read_text())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=100)
    assert process.returncode == 130
    assert re.findall("scancel (.*)", log.read_text()) == ["42_0", "42_1"]
    assert (folder / "slurm.log.uri").read_text().strip() == served
    script = (folder / "slurm.log.sbatch").read_text()
    asked = dict(re.findall(r"#SBATCH --([\w-]+)=(.*)", script))
    wanted = {
        "array": "0-1%1",
        "partition": "short",
        "time": "30",
        "cpus-per-task": "4",
        "mem": "4GB",
        "job-name": "lrstudy",
    }
    assert {name: asked[name] for name in wanted} == wanted
    assert asked["output"].startswith(f"{folder}/out/.submitit/")
    assert "export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK" in script
    assert "export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK" in script
    assert re.search(f"\nsrun .*{sys.executable}.* submitit.core._submit {folder}/out/", script)


@pytest.mark.parametrize(
    ("launcher", "package", "extra"),
    [
        ("ray", "ray", "ray"),
        ("submitit_slurm", "submitit", "slurm"),
        ("submitit_local", "submitit", "slurm"),
    ],
)
def test_a_launcher_that_is_not_installed_is_told_with_its_extra(
    lrstudy, monkeypatch, folder, launcher, package, extra
):
    monkeypatch.setitem(sys.modules, package, None)
    answer = lrstudy("-m", "seed=1,2", f"hydra/launcher={launcher}")
    assert answer.status == 2
    assert answer.err == (
        f"lrstudy: hydra/launcher={launcher} needs the package {package}, which is not "
        f"installed; pip install 'lrstudy[{extra}]' installs it\n"
    )
    assert list(folder.iterdir()) == []


@pytest.mark.cluster
@pytest.mark.parametrize("launcher", ["ray", "submitit_slurm"])
def test_several_machines_need_a_tracking_server(lrstudy, submitit, folder, launcher):
    pytest.importorskip("ray")
    answer = lrstudy("-m", "seed=1,2", f"hydra/launcher={launcher}")
    assert answer.status == 2
    assert re.fullmatch(
        "lrstudy: .*cannot share sqlite:///mlflow.db; .*mlflow server.*\n", answer.err
    )
    assert list(folder.iterdir()) == []


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("launcher", "line"),
    [
        ("ray", "no Ray cluster answers at auto; start one with ray start --head"),
        ("submitit_slurm", r"Slurm's commands \(srun, sbatch\) are not here; "),
    ],
)
def test_a_cluster_that_is_not_there_is_one_line(submitit, folder, served, launcher, line):
    pytest.importorskip("ray")
    sweep = ("-m", "seed=1,2", *TINY, f"hydra/launcher={launcher}", f"tracking.uri={served}")
    status, _, err = typed(*sweep, RAY_TMPDIR=str(folder))
    assert status == 2
    assert re.fullmatch(f"lrstudy: .*{line}.*\n", err)
