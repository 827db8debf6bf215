"""A run that fails stays alone: logged, told, repeatable; the others of its sweep run."""

import re
import shlex
import sys

import pytest
from support.commands import (
    LASTING,
    TINY,
    client_of,
    runs_of,
    started,
    training_runs,
    typed,
    wait_until,
)

from runner.commands import lrstudy as cli
from runner.runs import outcome

BROKEN_ONCE = """
import os, time
from runner.runs import outcome

summarise = outcome.summarise

def broken_once(records):
    try:
        os.close(os.open({file!r}, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return summarise(records)
    while not os.path.exists(os.environ.get("WAIT_FOR", "/")):
        time.sleep(0.1)
    raise ZeroDivisionError("a defect\\nof two lines")

outcome.summarise = broken_once
"""


@pytest.fixture
def broken(folder):
    """The environment of commands in which the first run to end raises."""
    (folder / "path").mkdir()
    code = BROKEN_ONCE.format(file=str(folder / "has_failed"))
    (folder / "path" / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": str(folder / "path")}


@pytest.mark.slow
@pytest.mark.parametrize(
    "launcher",
    ["basic", "stacked", "joblib", pytest.param("submitit_local", marks=pytest.mark.cluster)],
)
def test_a_failing_run_leaves_the_others_of_its_sweep_alone(lrstudy, folder, broken, launcher):
    if launcher.startswith("submitit"):
        pytest.importorskip("submitit", reason="make cluster installs submitit")
    sweep = ("-m", "seed=1,2,3", *TINY, f"hydra/launcher={launcher}")
    status, out, err = typed(*sweep, **broken)
    assert status == 1
    assert err == (
        "lrstudy: 1 of 3 runs failed; run the command again to train what is not finished\n"
    )
    assert re.search(r"3 runs: .*, 1 failed", out)
    (failed,) = runs_of(folder, status="FAILED")
    assert len(runs_of(folder, status="FINISHED")) == 2
    assert [run.info.status for run in runs_of(folder, kind="sweep")] == ["FAILED"]
    assert out.count("Traceback") == 0

    client = client_of(folder)
    artifact = client.download_artifacts(failed.info.run_id, "traceback.txt", str(folder))
    log_file = re.search(r"log: +(.*)", out).group(1)
    for path in (artifact, log_file):
        with open(path) as file:
            text = file.read()
        assert "Traceback (most recent call last)" in text
        assert "ZeroDivisionError: a defect\nof two lines" in text

    repeat = shlex.split(re.search(r"repeat: (.*)", out).group(1))
    assert repeat[0] == "lrstudy"
    answer = lrstudy(*repeat[1:])
    assert answer.status == 0
    (again,) = (run for run in runs_of(folder) if run.info.run_id in answer.out)
    assert again.data.tags["config_hash"] == failed.data.tags["config_hash"]
    assert again.info.status == "FINISHED"


@pytest.mark.slow
def test_the_command_that_repeats_a_run_of_a_preset_is_no_sweep(lrstudy, folder, broken):
    status, out, _ = typed("+experiment=smoke", *TINY, **broken)
    assert status == 1
    (failed,) = runs_of(folder, status="FAILED")
    repeat = shlex.split(re.search(r"repeat: (.*)", out).group(1))
    answer = lrstudy(*repeat[1:])
    assert (answer.status, "Sweep" in answer.out) == (0, False)
    assert len(runs_of(folder)) == 5
    finished = {run.data.tags["config_hash"] for run in runs_of(folder, status="FINISHED")}
    assert failed.data.tags["config_hash"] in finished


@pytest.mark.slow
def test_fail_fast_starts_no_run_after_the_first_failure(lrstudy, folder, broken):
    sweep = ("-m", "seed=1,2,3", *TINY, "fail_fast=true", "hydra.sweep.dir=out")
    status, out, _ = typed(*sweep, **broken)
    assert status == 1
    assert "3 runs: 1 failed, 2 not started" in out
    assert [run.info.status for run in runs_of(folder)] == ["FAILED"]
    assert lrstudy(*sweep).status == 0
    assert len(runs_of(folder, status="FINISHED")) == 3


@pytest.mark.slow
@pytest.mark.cluster
def test_fail_fast_on_a_cluster_also_ends_what_is_going_on(folder, broken):
    pytest.importorskip("submitit", reason="make cluster installs submitit")
    sweep = ("-m", "epochs=1,100000", *LASTING, "hydra/launcher=submitit_local", "fail_fast=true")
    with started(*sweep, **broken, WAIT_FOR=str(folder / "both_train")) as process:
        wait_until(lambda: training_runs(folder, 2))
        (folder / "both_train").touch()
        out, _ = process.communicate(timeout=400)
    assert process.returncode == 1
    assert "2 runs: 1 failed, 1 not started" in out
    statuses = {run.data.params["epochs"]: run.info.status for run in runs_of(folder)}
    assert statuses == {"1": "FAILED", "100000": "KILLED"}


def test_a_run_that_diverges_is_no_failure(lrstudy, folder):
    answer = lrstudy("-m", "lr=1", "seed=4", "epochs=1", "data.test_limit=256", "fail_fast=true")
    assert (answer.status, "1 run: 1 diverged" in answer.out) == (0, True)


def test_a_run_that_calls_exit_fails_alone(folder, monkeypatch, capsys):
    summarise = outcome.summarise

    def leave_once(records):
        monkeypatch.setattr(outcome, "summarise", summarise)
        sys.exit(7)

    monkeypatch.setattr(outcome, "summarise", leave_once)
    monkeypatch.setattr(sys, "argv", ["lrstudy", "-m", "seed=1,2", *TINY])
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    assert "failed: SystemExit: 7" in capsys.readouterr().out
    statuses = {run.data.params["seed"]: run.info.status for run in runs_of(folder)}
    assert statuses == {"1": "FAILED", "2": "FINISHED"}
