"""Sweeps through submitit: in processes of this machine, and what Slurm is asked to run."""

import os
import re
import signal
import sys
from collections import Counter

import pytest
from support.commands import (
    TINY,
    TOLD,
    runs_of,
    session_of,
    started,
    training_runs,
    typed,
    wait_until,
)

from runner import data
from runner.tracking.origin import PID

LOCAL = (
    "hydra/launcher=submitit_local",
    "data.train_limit=256",
    "data.test_limit=256",
    "loss=log_softmax",
)


@pytest.fixture
def submitit():
    return pytest.importorskip("submitit", reason="make cluster installs submitit")


@pytest.mark.slow
@pytest.mark.cluster
def test_a_sweep_through_submitit_logs_to_the_folder_of_its_command(submitit, folder):
    """Each job is a process of its own; the paths and the store of the environment are relative."""
    (folder / "data").symlink_to(data.locate())
    given = {"MLFLOW_TRACKING_URI": "sqlite:///store.db"}
    sweep = ("-m", "seed=1,2", "epochs=1", *LOCAL, "data.root=data", "hydra.sweep.dir=out")
    status, out, err = typed(*sweep, **given)
    assert (status, err) == (0, ""), out
    assert re.search("2 runs: ", out)
    (folder / "store.db").rename(folder / "mlflow.db")
    done = runs_of(folder, status="FINISHED")
    assert sorted(run.data.params["seed"] for run in done) == ["1", "2"]
    assert len({run.data.tags[PID] for run in done}) == 2
    for number in "01":
        assert "Epoch 1" in (folder / "out" / number / "lrstudy.log").read_text()
        kept = (folder / "out" / number / ".hydra" / "config.yaml").read_text()
        assert f"uri: sqlite:///{folder}/store.db" in kept
        assert f"root: {folder}/data" in kept


@pytest.mark.slow
@pytest.mark.cluster
def test_a_killed_process_of_submitit_costs_its_run_a_new_start(submitit, folder):
    sweep = ("-m", "seed=1,2", "epochs=300", *LOCAL)
    with started(*sweep) as process:
        victim = wait_until(lambda: training_runs(folder))[0]
        os.kill(int(victim.data.tags[PID]), signal.SIGKILL)
        out, _ = process.communicate(timeout=400)
    assert process.returncode == 0, out
    assert re.search(f"The worker of {re.escape(victim.info.run_name)} was killed .*again", out)
    statuses = Counter((run.data.params["seed"], run.info.status) for run in runs_of(folder))
    killed = {(victim.data.params["seed"], "KILLED"): 1}
    assert statuses == {("1", "FINISHED"): 1, ("2", "FINISHED"): 1, **killed}


@pytest.mark.slow
@pytest.mark.cluster
def test_an_interrupted_sweep_of_submitit_leaves_no_process(submitit, folder):
    with started("-m", "seed=1,2", "epochs=30000", *LOCAL) as process:
        wait_until(lambda: training_runs(folder, 2))
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=100)
        wait_until(lambda: not session_of(process.pid), seconds=60)
    assert (process.returncode, err) == (143, TOLD)
    assert [run.info.status for run in runs_of(folder)] == ["KILLED"] * 2


FAKE_SLURM = """#!/bin/sh
echo "$(basename $0) $*" >> "$SLURM_LOG"
case $(basename $0) in
  sbatch) cp "$1" "$SLURM_LOG.sbatch"; echo "$MLFLOW_TRACKING_URI" > "$SLURM_LOG.uri"
          echo "Submitted batch job 42";;
  scancel) touch "$SLURM_LOG.cancelled";;
  sacct) [ -e "$SLURM_LOG.cancelled" ] && state=CANCELLED || state=RUNNING
         printf "JobID|State|NodeList\\n42_0|$state|a\\n42_1|$state|b\\n";;
esac
"""


@pytest.mark.slow
@pytest.mark.cluster
def test_slurm_is_asked_for_an_array_of_jobs_which_an_interrupt_cancels(
    submitit, folder, server_address
):
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
    given["MLFLOW_TRACKING_URI"] = server_address
    with started(*sweep, *launcher, **given) as process:
        wait_until(lambda: log.exists() and "sacct" in log.read_text())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=100)
    assert process.returncode == 130
    assert re.findall("scancel (.*)", log.read_text()) == ["42_0", "42_1"]
    assert (folder / "slurm.log.uri").read_text().strip() == server_address
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
    assert "OMP_NUM_THREADS" not in script
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
    ("words", "line"),
    [
        (
            ("hydra/launcher=ray", "hydra.launcher.address=127.0.0.1:1"),
            "hydra.launcher.address: no Ray cluster answers at 127.0.0.1:1; start one with ",
        ),
        (
            ("hydra/launcher=ray", "hydra.launcher.address=somewhere"),
            "hydra.launcher.address must be auto or HOST:PORT of a Ray cluster's head, got ",
        ),
        (("hydra/launcher=submitit_slurm",), r"Slurm's commands \(srun, sbatch\) are not here; "),
    ],
)
def test_a_cluster_that_is_not_there_is_one_line(lrstudy, submitit, server_address, words, line):
    pytest.importorskip("ray")
    answer = lrstudy("-m", "seed=1,2", *TINY, *words, f"tracking.uri={server_address}")
    assert answer.status == 2
    assert re.fullmatch(f"lrstudy: .*{line}.*\n", answer.err)
