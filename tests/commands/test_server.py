"""One server for all: an `mlflow server` on PostgreSQL, which may go away."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient
from support.commands import (
    LASTING,
    TINY,
    check_80_runs,
    client_of,
    run_8_commands,
    runs_of,
    started,
    tell_at_once,
    typed,
    wait_until,
)
from support.tracking_server import free_port, postgresql, tracking_server, why_no_postgresql

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("server"),  # one PostgreSQL for all
    pytest.mark.skipif(bool(why_no_postgresql()), reason=why_no_postgresql()),
]

SYNC = Path(sys.executable).with_name("lrstudy-sync")
IMPATIENT = "from runner.tracking import retry\nretry.PATIENCE_SECONDS = 6.0\n"
WAITING = r"The MLflow server (\S+) does not answer \(.*\); waiting for it, up to 3 min 00 s"


@pytest.fixture(scope="module")
def database():
    with postgresql() as address:
        yield address


@pytest.fixture(scope="module")
def only_server(database, tmp_path_factory):
    place = tmp_path_factory.mktemp("server") / "files"
    with tracking_server(place, database) as server:
        yield server


@pytest.fixture
def server(only_server, folder):
    """A server that may be killed; where the test before has done so, it is started again."""
    if not only_server.is_running:
        only_server.start()
    return only_server


def runs_on(server, experiment, kind="run", status=None):
    """The runs of an experiment; none where it is not there yet."""
    client = MlflowClient(server.address)
    found = client.get_experiment_by_name(experiment)
    if found is None:
        return []
    condition = f"tags.kind = '{kind}'" + (f" and status = '{status}'" if status else "")
    return list(client.search_runs([found.experiment_id], condition, max_results=1000))


def figures(client, run):
    """All metrics of a run, by name and epoch."""
    return {
        name: [(one.step, one.value) for one in client.get_metric_history(run.info.run_id, name)]
        for name in run.data.metrics
    }


def test_8_commands_at_once_lose_no_run_and_no_metric(database, folder):
    with tracking_server(folder / "server", database, workers=2) as server:
        run_8_commands(f"tracking.uri={server.address}", "tracking.experiment=many")
        check_80_runs(MlflowClient(database), runs_on(server, "many"))


@pytest.mark.parametrize("through", ["the server", "nothing"])
def test_what_several_tell_a_new_experiment_at_once_is_told(server, database, through):
    uri = server.address if through == "the server" else database
    for number in range(5):
        tell_at_once(uri, f"told through {through} {number}")


def test_a_database_that_does_not_answer_is_told_in_one_line_at_once(lrstudy, monkeypatch):
    retried = "mlflow.store.db.utils.create_sqlalchemy_engine_with_retry"
    monkeypatch.setattr(retried, lambda uri: pytest.fail("MLflow would try ten times"))
    answer = lrstudy(f"tracking.uri=postgresql+psycopg2://127.0.0.1:{free_port()}/runs")
    assert answer.status == 2
    line = r"lrstudy: tracking.uri: \S+ cannot be used as an MLflow store \(.*refused\); .*\n"
    assert re.fullmatch(line, answer.err)


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_a_server_away_for_20_seconds_costs_waiting_but_no_run(server, launcher):
    experiment = f"away-{launcher}"
    keys = (f"tracking.uri={server.address}", f"tracking.experiment={experiment}")
    words = ("-m", "seed=range(0,12)", *TINY, "loss=log_softmax", *keys)
    with started(*words, f"hydra/launcher={launcher}") as process:
        wait_until(lambda: len(runs_on(server, experiment, status="FINISHED")) >= 3)
        server.kill()
        time.sleep(20)
        server.start()
        out, err = process.communicate(timeout=500)
    assert (process.returncode, err) == (0, "")
    assert re.findall(WAITING, out) == [server.address]
    assert len(re.findall(r"answers again, after (?:\d+ min )?\d+ s", out)) == 1
    finished = runs_on(server, experiment, status="FINISHED")
    assert sorted(int(run.data.params["seed"]) for run in finished) == list(range(12))
    client = MlflowClient(server.address)
    steps = [
        {name: [step for step, _ in values] for name, values in figures(client, run).items()}
        for run in finished
    ]
    assert steps == [steps[0]] * 12
    assert (steps[0]["test_acc"], steps[0]["train_loss"]) == ([0, 1], [1])
    assert len(runs_on(server, experiment, kind="sweep", status="FINISHED")) == 1


@pytest.fixture
def impatient(folder):
    """The environment of commands that wait for a server for six seconds instead of minutes."""
    (folder / "path").mkdir()
    (folder / "path" / "sitecustomize.py").write_text(IMPATIENT)
    return {"PYTHONPATH": str(folder / "path")}


def training(server, experiment):
    """Whether a run shows epochs."""
    return any("train_loss" in run.data.metrics for run in runs_on(server, experiment))


def sync(folder, server):
    """Type `lrstudy-sync --uri SERVER`: its status, and its output with its errors."""
    ended = subprocess.run(
        [SYNC, "--uri", server.address], cwd=folder, capture_output=True, text=True, timeout=300
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_a_run_whose_server_stays_away_is_kept_and_logged_later(server, folder, impatient):
    keys = ("epochs=200", *LASTING)
    remote = (f"tracking.uri={server.address}", "tracking.experiment=gone")
    with started(*keys, *remote, **impatient) as process:
        wait_until(lambda: training(server, "gone"))
        server.kill()
        out, err = process.communicate(timeout=500)
    (kept,) = folder.glob("outputs/*/*/kept")
    assert process.returncode == 2
    assert re.fullmatch(
        rf"lrstudy: tracking.uri: the MLflow server {server.address} has not answered for .* "
        rf"\(no connection\); start it again, then log this run, which is trained: "
        rf"lrstudy-sync {kept.parent} --uri {server.address}\n",
        err,
    )
    assert "Epoch 200." in out
    assert sync(folder, server) == (
        2,
        f"lrstudy-sync: tracking.uri: no MLflow server answers at {server.address} "
        "([Errno 111] Connection refused); start it, or leave out tracking.uri to log into this "
        "folder\n",
    )
    lines = [json.loads(line) for line in (kept / "run.jsonl").read_text().splitlines()]
    assert max(int(epoch) for line in lines for epoch in line.get("metrics", ())) == 200
    server.start()
    status, said = sync(folder, server)
    assert (status, said.splitlines()[-1]) == (0, "1 of 1 kept run logged")
    assert not kept.exists()
    assert sync(folder, server) == (0, "0 of 0 kept runs logged\n")
    check_it_is_as_if_the_server_had_stayed(server, folder, keys)


def check_it_is_as_if_the_server_had_stayed(server, folder, keys):
    """The same configuration logged to a file, and the one of the experiment `gone`."""
    assert typed(*keys)[0] == 0
    client, local = MlflowClient(server.address), client_of(folder)
    (run,), (other,) = runs_on(server, "gone", status="FINISHED"), runs_of(folder)
    assert figures(client, run) == figures(local, other)
    assert run.data.params == other.data.params
    assert run.data.tags.keys() == other.data.tags.keys()
    assert run.data.tags["mlflow.note.content"] == other.data.tags["mlflow.note.content"]
    assert run.inputs.to_dictionary() == other.inputs.to_dictionary()
    for folder_name in (None, "config"):
        listed = [one.list_artifacts(each.info.run_id, folder_name) for one, each in
                  ((client, run), (local, other))]  # fmt: skip
        assert [entry.path for entry in listed[0]] == [entry.path for entry in listed[1]]
    parameters = [
        np.load(one.download_artifacts(each.info.run_id, "parameters.npz"))
        for one, each in ((client, run), (local, other))
    ]
    for name in ("W", "b", "W0", "b0"):
        assert np.array_equal(parameters[0][name], parameters[1][name])
    assert not runs_on(server, "gone", status="RUNNING")  # the one that was cut off: repaired
    assert len(runs_on(server, "gone", status="KILLED")) == 1


@pytest.mark.parametrize("launcher", ["basic", "stacked"])
def test_a_sweep_whose_server_stays_away_keeps_what_is_trained(server, folder, impatient, launcher):
    experiment = f"sweep-{launcher}"
    keys = (f"tracking.uri={server.address}", f"tracking.experiment={experiment}", *TINY)
    words = ("-m", "seed=range(0,18)", "order_seed=1", *keys, f"hydra/launcher={launcher}")
    with started(*words, **impatient) as process:
        wait_until(lambda: len(runs_on(server, experiment, status="FINISHED")) >= 2)
        server.kill()
        out, err = process.communicate(timeout=500)
    kept = len(list(folder.glob("multirun/*/*/*/kept")))
    assert process.returncode == 1
    said = re.search(r"(\d+) of 18 runs failed; (?:(\d+) of them (?:is|are) kept: log)?", err)
    assert said, err
    assert int(said[2] or 0) == kept
    assert "Traceback" not in out + err
    if launcher == "stacked":  # all had trained
        assert kept == int(said[1]) > 0
    else:  # only the one at work, if it had come as far as training
        assert kept <= 1
    server.start()
    status, synced = sync(folder, server)
    meanwhile = synced.count("finished meanwhile")  # the kill may take the answer to its last call
    assert meanwhile <= 1
    logged = synced.splitlines()[-1].partition(" kept")[0]
    assert (status, logged) == (0, f"{kept - meanwhile} of {kept}")
    status, out, err = typed(*words)
    assert status == 0
    finished = runs_on(server, experiment, status="FINISHED")
    assert sorted(int(run.data.params["seed"]) for run in finished) == list(range(18))
    assert f"{18 - int(said[1]) + kept} finished before" in out


def test_who_interrupts_a_command_that_waits_does_not_wait(server, folder):
    keys = (f"tracking.uri={server.address}", "tracking.experiment=stopped")
    with started("-m", "seed=range(0,50)", *TINY, *keys) as process:
        wait_until(lambda: runs_on(server, "stopped", status="FINISHED"))
        server.kill()
        for line in process.stdout:
            if "does not answer" in line:
                break
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=90)  # not the three minutes
        assert process.returncode == 143
