"""`lrstudy-ui` serves MLflow's UI to this machine alone, and leaves nothing behind."""

import contextlib
import json
import os
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from support.served import served
from support.typing_commands import type_command

from runner.commands import ui
from runner.process import InputError


@pytest.fixture
def lrstudy_ui(folder, capsys):
    """Type `lrstudy-ui WORDS` in the empty folder, where it cannot succeed."""
    before = signal.getsignal(signal.SIGTERM)
    yield lambda *words: type_command(ui.main, capsys, "lrstudy-ui", *words)
    signal.signal(signal.SIGTERM, before)


def get(address, host=None, **headers):
    headers |= {"Host": host} if host else {}
    request = urllib.request.Request(address, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


OPENING = {
    "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": "*",
    "MLFLOW_SERVER_ALLOWED_HOSTS": "*",
    "MLFLOW_SERVER_X_FRAME_OPTIONS": "NONE",
    "MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE": "true",
    "MLFLOW_ENABLE_REMOTE_ASSISTANT": "true",
    "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
    "_MLFLOW_SERVER_ARTIFACT_DESTINATION": "/etc",
    "_MLFLOW_STATIC_PREFIX": "/elsewhere",
}
"""What a shell may hold for another server of MLflow, to open it."""


@pytest.fixture(scope="module")
def running(study):
    """The UI of the small study, where its usual port is taken: its process, and its link.

    The shell opens every server of MLflow, as far as its settings can.
    """
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # another program has it: as good
            taken.bind(("127.0.0.1", ui.USUAL_PORT))
            taken.listen()
        with served(study, **OPENING) as found:
            yield found


def test_the_link_leads_to_the_experiment_in_machine_learning_mode(running):
    _, link = running
    parts = urlsplit(link)
    experiment_id, query = parts.fragment.removeprefix("/experiments/").split("/runs?")
    assert "workflowType=machine_learning" in query
    asked = f"{parts.scheme}://{parts.netloc}/api/2.0/mlflow/experiments/get?experiment_id="
    assert json.loads(get(asked + experiment_id))["experiment"]["name"] == "lr-study"
    assert "<title>MLflow</title>" in get(f"{parts.scheme}://{parts.netloc}/")


def test_it_is_one_process_that_listens_to_this_machine_only(running):
    process, link = running
    assert psutil.Process(process.pid).children() == []
    opened = []
    for path in Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            opened.append(str(path.readlink()))
    inodes = {name[len("socket:[") : -1] for name in opened if name.startswith("socket:")}
    listening = [
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[9] in inodes and line.split()[3] == "0A"
    ]
    port = urlsplit(link).port
    assert listening == [f"0100007F:{port:04X}"]  # 127.0.0.1, as the kernel writes it


@pytest.mark.parametrize("host", ["10.evil.com", "192.168.evil.com", "localhost", "localhost:1"])
def test_a_request_in_the_name_of_another_host_is_refused(running, host):
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        get(running[1], host)
    refused.value.close()


def asked_by(running, origin, path, body=None):
    """The status with which a page of this origin is answered, and the headers."""
    parts = urlsplit(running[1])
    request = urllib.request.Request(
        f"http://{parts.netloc}{path}", body, {"Origin": origin, "Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers


CREATE = "/api/2.0/mlflow/experiments/create"


@pytest.mark.parametrize(
    "origin",
    ["http://evil.com", "null", "http://localhost:{other}", "http://127.0.0.1", "https://{here}"],
)
def test_a_page_of_another_origin_can_neither_read_nor_write(running, tracking, origin):
    """Another port of this machine is another origin, whatever the shell says."""
    parts = urlsplit(running[1])
    origin = origin.format(other=parts.port + 1, here=parts.netloc)
    body = json.dumps({"name": f"written by {origin}"}).encode()
    for path in (CREATE, CREATE.replace("/api", "/ajax-api"), "/graphql"):
        assert asked_by(running, origin, path, body)[0] == 403
    status, headers = asked_by(running, origin, "/")
    assert (status, headers["Access-Control-Allow-Origin"]) == (403, None)
    assert tracking.client.get_experiment_by_name(f"written by {origin}") is None


def test_the_page_itself_reads_and_writes(running):
    parts = urlsplit(running[1])
    body = json.dumps({"experiment_id": "0", "key": "asked", "value": "by the page"}).encode()
    path = "/api/2.0/mlflow/experiments/set-experiment-tag"
    for host in (parts.netloc, f"localhost:{parts.port}"):
        assert asked_by(running, f"http://{host}", path, body)[0] == 200


def test_settings_of_the_shell_that_open_other_servers_do_not_open_this(running):
    parts = urlsplit(running[1])
    status, headers = asked_by(running, f"http://{parts.netloc}", "/")
    assert (status, headers["X-Frame-Options"]) == (200, "SAMEORIGIN")
    with pytest.raises(urllib.error.HTTPError, match=r"50\d") as refused:
        get(f"http://{parts.netloc}/api/2.0/mlflow-artifacts/artifacts?path=")
    refused.value.close()


def test_nothing_is_sent_to_mlflow_s_makers(running):
    parts = urlsplit(running[1])
    settings = json.loads(get(f"http://{parts.netloc}/ajax-api/3.0/mlflow/ui-telemetry"))
    assert settings["disable_ui_telemetry"] is True


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(study, number):
    with served(study) as (process, link):
        get(link)
        process.send_signal(number)
        said, _ = process.communicate(timeout=240)
    assert (process.returncode, said) == (0, "Stopped.\n")
    with pytest.raises(urllib.error.URLError, match="refused"):
        get(link)


def test_a_free_port_is_found_where_the_usual_one_is_taken(running):
    assert urlsplit(running[1]).port != ui.USUAL_PORT
    assert "<title>MLflow</title>" in get(running[1])


def test_another_host_is_refused_with_the_reason_and_the_tunnel(lrstudy_ui):
    answer = lrstudy_ui("--host", "0.0.0.0", "--port", "5001")
    assert answer.status == 2
    assert answer.err.count("\n") == 1
    assert "has no login" in answer.err
    assert "ssh -L 5001:127.0.0.1:5001 " in answer.err


def test_a_user_without_a_name_is_told_the_tunnel_with_a_number(lrstudy_ui, monkeypatch):
    def nameless():
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert f"ssh -L 5000:127.0.0.1:5000 {os.getuid()}@" in lrstudy_ui("--host", "0.0.0.0").err


def test_a_taken_port_asked_for_is_refused(study, lrstudy_ui):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = lrstudy_ui("--port", str(port), "--uri", f"sqlite:///{study / 'mlflow.db'}")
    assert answer.status == 2
    assert f"--port must be a free port, {port} is not" in answer.err


def test_a_port_that_another_command_has_just_taken_is_refused():
    with ui._listener(None) as first, pytest.raises(InputError, match="must be a free port"):
        ui._listener(first.getsockname()[1])


def test_what_is_not_there_is_told_in_one_line(study, lrstudy_ui, folder):
    answer = lrstudy_ui()
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "there is no MLflow store" in answer.err
    assert not list(folder.iterdir())
    answer = lrstudy_ui("--uri", f"sqlite:///{study / 'mlflow.db'}", "--experiment", "other")
    assert answer.status == 2
    assert "there is no experiment other" in answer.err


@pytest.mark.slow
def test_a_store_that_is_a_server_has_its_own_ui(running, lrstudy_ui):
    parts = urlsplit(running[1])
    answer = lrstudy_ui("--uri", f"http://{parts.netloc}")
    assert answer.status == 0
    assert answer.out == f"The store is a server with its own UI: {running[1]}\n"
