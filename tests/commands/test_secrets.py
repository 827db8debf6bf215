"""An address with user and password works, and they are in nothing that is kept or shown."""

import contextlib
import json
import os
from urllib.parse import quote

import pytest
from mlflow import MlflowClient
from support.commands import LASTING, TINY, started, typed, wait_until
from support.guarded import guarded
from support.odd_servers import answer, odd_server
from support.typing_commands import type_command

from runner.commands import sync, ui

USER, PASSWORD = "mei-uzr", "p4ss/w@rd"
SECRETS = (USER, PASSWORD, quote(PASSWORD, safe=""), "p4ss")


@pytest.fixture
def place(server_address):
    """HOST:PORT of the server, behind a guard."""
    with guarded(server_address, USER, PASSWORD) as found:
        yield found


@pytest.fixture
def address(place):
    return f"http://{USER}:{quote(PASSWORD, safe='')}@{place}"


def files_with_a_secret(folder):
    """Every file below a folder that holds a part of the address."""
    return [
        (path, secret)
        for path in folder.rglob("*")
        if path.is_file()
        for secret in SECRETS
        if secret.encode() in path.read_bytes() or secret in str(path)
    ]


def what_mlflow_holds(server_address, experiment, folder):
    """Everything that the server tells of an experiment and its runs, artifacts included."""
    client = MlflowClient(server_address)
    found = client.get_experiment_by_name(experiment)
    runs = client.search_runs([found.experiment_id])
    for run in runs:
        client.download_artifacts(run.info.run_id, "", str(folder / run.info.run_id))
    models = client.search_logged_models([found.experiment_id])
    return str(found) + json.dumps([run.to_dictionary() for run in runs]) + str(models)


@pytest.mark.slow
def test_an_address_with_user_and_password_works_in_all_commands_and_is_nowhere(
    server_address, place, address, lrstudy, lrstudy_report, folder, capsys, tmp_path_factory
):
    """A sweep, a run, the report, the UI's link: in the process of the test, to save time."""
    keys = (*TINY, f"tracking.uri={address}", "tracking.experiment=guarded")
    said = [lrstudy("-m", "seed=1,2", *keys), lrstudy("seed=1", *keys)]
    said.append(lrstudy("-m", "seed=1,2", *keys, "dry_run=true"))
    said.append(lrstudy("seed=1", *keys, "--cfg", "job"))
    assert said[2].out.count("│ finished") == 2
    assert "Trained before" in said[1].out
    assert f"uri: http://***@{place}" in said[3].out
    said.append(lrstudy_report("--uri", address, "--experiment", "guarded"))
    options = ("--uri", address, "--experiment", "guarded")
    said.append(type_command(ui.main, capsys, "lrstudy-ui", *options))
    assert f"its own UI: http://{place}/#/experiments/" in said[-1].out
    assert [told.status for told in said] == [0] * len(said), [told.err for told in said]
    for told in said:
        assert not [secret for secret in SECRETS if secret in told.out + told.err]
    assert list(folder.glob("multirun/*/*/multirun.yaml"))
    assert (folder / "report" / "index.html").exists()
    assert files_with_a_secret(folder) == []
    downloaded = tmp_path_factory.mktemp("artifacts")
    held = what_mlflow_holds(server_address, "guarded", downloaded)
    assert f"tracking.uri=http://***@{place}" in held
    assert not [secret for secret in SECRETS if secret in held]
    assert list(downloaded.rglob("overrides.yaml"))
    assert files_with_a_secret(downloaded) == []


@pytest.mark.slow
def test_the_variable_and_a_file_of_the_user_may_hold_the_address(
    server_address, place, address, lrstudy, folder, monkeypatch
):
    keys = (*TINY, "tracking.experiment=elsewhere", "loss=log_softmax")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    assert lrstudy("-m", "seed=1", *keys).status == 0
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    (folder / "mine" / "experiment").mkdir(parents=True)
    preset = folder / "mine" / "experiment" / "mine.yaml"
    preset.write_text(f"# @package _global_\ntracking:\n  uri: {address}\n")
    preset_words = ("--config-dir", str(folder / "mine"), "+experiment=mine")
    assert lrstudy(*preset_words, "seed=2", *keys).status == 0
    assert lrstudy("-m", *preset_words, "seed=3", *keys).status == 0
    preset.unlink()
    assert files_with_a_secret(folder) == []
    runs = MlflowClient(server_address).search_runs(
        [MlflowClient(server_address).get_experiment_by_name("elsewhere").experiment_id],
        "tags.kind = 'run'",
    )
    assert sorted(run.data.params["seed"] for run in runs) == ["1", "2", "3"]


@pytest.mark.parametrize(
    "words",
    [
        ("+experiment=mine", "--cfg", "job"),
        ("+experiment=mine", "--cfg", "all", "--resolve"),
        ("+experiment=mine", "--info", "all"),
        ("tracking.uri=${oc.env:MINE}", "--cfg", "job", "--resolve"),
    ],
    ids=" ".join,
)
def test_what_hydra_tells_of_the_configuration_has_no_secret(lrstudy, folder, monkeypatch, words):
    address = f"http://{USER}:{quote(PASSWORD, safe='')}@server:5000"
    (folder / "mine" / "experiment").mkdir(parents=True)
    preset = folder / "mine" / "experiment" / "mine.yaml"
    preset.write_text(f"# @package _global_\ntracking:\n  uri: {address}\n")
    monkeypatch.setenv("MINE", address)
    told = lrstudy("--config-dir", str(folder / "mine"), *words)
    assert told.status == 0
    assert "uri: http://***@server:5000\n" in told.out
    assert not [secret for secret in SECRETS if secret in told.out + told.err]


@pytest.mark.slow
@pytest.mark.parametrize(
    "launcher",
    ["joblib", "stacked", pytest.param("submitit_local", marks=pytest.mark.cluster)],
)
def test_the_address_reaches_the_workers_but_no_file(
    server_address, place, address, folder, launcher
):
    if launcher.startswith("submitit"):
        pytest.importorskip("submitit", reason="make cluster installs submitit")
    keys = (f"tracking.uri={address}", f"tracking.experiment={launcher}")
    status, out, err = typed("-m", "seed=1,2,3", *TINY, *keys, f"hydra/launcher={launcher}")
    assert (status, err) == (0, ""), out
    assert not [secret for secret in SECRETS if secret in out + err]
    assert files_with_a_secret(folder) == []


IMPATIENT = "from runner.tracking import retry\nretry.PATIENCE_SECONDS = 6.0\n"


@pytest.mark.slow
def test_a_kept_run_holds_no_secret_and_is_logged_with_the_address_typed_again(
    server_address, folder, capsys
):
    (folder / "path").mkdir()
    (folder / "path" / "sitecustomize.py").write_text(IMPATIENT)
    path = os.pathsep.join([str(folder / "path"), os.environ.get("PYTHONPATH", "")])
    client = MlflowClient(server_address)

    def is_training():
        found = client.get_experiment_by_name("away")
        return found and any(
            "train_loss" in run.data.metrics for run in client.search_runs([found.experiment_id])
        )

    with contextlib.ExitStack() as until_it_goes_away:
        place = until_it_goes_away.enter_context(guarded(server_address, USER, "p4ss"))
        words = (f"tracking.uri=http://{USER}:p4ss@{place}", "tracking.experiment=away")
        with started("epochs=300", *LASTING, *words, PYTHONPATH=path) as process:
            wait_until(is_training)
            until_it_goes_away.close()
            out, err = process.communicate(timeout=300)
    assert process.returncode == 2
    assert f"--uri 'http://***@{place}'\n" in err
    assert not [secret for secret in SECRETS if secret in out + err]
    assert list(folder.glob("outputs/*/*/kept/run.jsonl"))
    assert files_with_a_secret(folder) == []
    with guarded(server_address, USER, "p4ss") as place:
        words = ("--uri", f"http://{USER}:p4ss@{place}")
        told = type_command(sync.main, capsys, "lrstudy-sync", *words)
    assert (told.status, told.err) == (0, "")
    assert told.out.endswith(f" in http://***@{place}\n1 of 1 kept run logged\n")


def test_a_wrong_password_or_address_is_told_without_it(place, lrstudy, folder, monkeypatch):
    for wrong in (f"http://{USER}:p4ssword@{place}", f"http://{USER}:p4ss/w@{place}"):
        told = lrstudy(*TINY, f"tracking.uri={wrong}")
        assert (told.status, told.err.count("\n")) == (2, 1), told.err
        assert f"http://***@{place}" in told.err
        assert not [secret for secret in SECRETS if secret in told.err]
    monkeypatch.delenv("LRSTUDY_ADDRESSES")
    told = lrstudy(*TINY, f"tracking.uri=http://***@{place}")  # as a saved file has it
    assert (told.status, told.err.count("\n")) == (2, 1)
    assert "is masked and kept in no file; give the address itself" in told.err


def test_what_a_server_says_cannot_command_the_terminal(lrstudy, folder):
    body = (
        b'{"error_code": "INTERNAL_ERROR", "message": "\\u001b[2J\\u009b31m\\u202egone\\r\\u0007"}'
    )
    with odd_server(answer(body, "400 Bad Request")) as address:
        told = lrstudy(*TINY, f"tracking.uri={address}")
    assert (told.status, told.err.count("\n")) == (2, 1)
    assert r"\x1b[2J\x9b31m\u202egone" in told.err
    assert told.err[:-1].isprintable()
