"""Whatever a server answers, and however slowly, the command says so in one line."""

import time

import pytest
from support.odd_servers import UNSIZED, answer, dripping, endless, odd_server

from runner.process import InputError, ServerLostError
from runner.tracking import answers, retry, server
from runner.tracking.store import open_tracking


def line_of(address):
    """The line with which opening the store fails."""
    with pytest.raises(InputError) as error:
        open_tracking(address, "lr-study")
    line = str(error.value)
    assert "\n" not in line
    assert len(line) < 500
    return line


@pytest.mark.parametrize(
    "health",
    [
        (),
        lambda: dripping(b"HTTP/1.1 200 OK\r\nX"),
        lambda: dripping(UNSIZED),
    ],
    ids=["silent", "dripping header", "dripping body"],
)
def test_a_probe_that_is_not_answered_whole_in_time_is_called_hanging(monkeypatch, health):
    assert server.SERVER_PATIENCE == 5.0
    monkeypatch.setattr(server, "SERVER_PATIENCE", 0.5)
    begin = time.monotonic()
    with odd_server((), health, pause=0.05 if health else 0) as address:
        assert f"{address} hangs: no whole answer" in line_of(address)
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("health", "reason"),
    [
        (lambda: endless(b"HTTP/1.1 200 OK\r\nX: y"), "when reading header line"),
        (lambda: endless(b"HTTP/1.1 200 OK\r\n\r\nOKOK"), "is not an MLflow server"),
        ([b"\0\x1b[31m\r\n"], "no MLflow server answers"),
        (answer(b"", "302 Found\r\nLocation: http://127.0.0.1:1/"), "HTTP status 302"),
        (answer(b"", "401 Unauthorized"), "refuses access"),
    ],
)
def test_a_probe_with_another_answer_gives_one_line(health, reason):
    with odd_server((), health) as address:
        assert reason in line_of(address)


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        (answer(b"[]"), "not in a valid JSON"),
        (answer(b"null"), "not in a valid JSON"),
        (answer(b"<html>\n<p>hello" + b"x" * 1000), "not in a valid JSON"),
        (answer(b'{"experiment": 3}'), "ParseError"),
        (answer(b'{"experiment": {"experiment_id": [1]}}'), "ParseError"),
        (answer(b'{"experiment": {"tags": {"a": 1}}}'), "ParseError"),
        (answer(b"<p>Who are you?", "401 Unauthorized"), "error code 401"),
        (answer(b"", "302 Found\r\nLocation: http://127.0.0.1:1/"), "error code 302"),
        (answer(b"\xff\xfe{"), "not in a valid JSON"),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_an_answer_of_another_kind_gives_one_line(pieces, reason):
    with odd_server(pieces) as address:
        line = line_of(address)
    assert "gives an answer that is not an MLflow server's" in line
    assert reason in line


def test_an_answer_without_end_is_cut_off(monkeypatch):
    monkeypatch.setattr(answers, "ANSWER_BYTES", 2**22)
    with odd_server(endless) as address, pytest.raises(ServerLostError, match="does not end"):
        open_tracking(address, "lr-study")


@pytest.mark.parametrize("start", [b"HTTP/1.1 2", UNSIZED])
def test_an_answer_that_drips_is_cut_off_and_called_hanging(monkeypatch, start):
    monkeypatch.setattr(answers, "ANSWER_SECONDS", 0.4)
    monkeypatch.setattr(retry, "PATIENCE_SECONDS", 0.5)
    with odd_server(lambda: dripping(start), pause=0.02) as address:
        assert "it hangs: no answer in time" in line_of(address)


def test_an_endless_file_is_cut_off(monkeypatch, tmp_path):
    monkeypatch.setattr(answers, "ANSWER_BYTES", 2**22)
    with odd_server(endless) as address:
        client = retry.PatientClient(address)
        with pytest.raises(ServerLostError, match="does not end"):
            client.download_artifacts("0" * 32, "parameters.npz", str(tmp_path))


def test_answers_to_other_programs_of_the_process_have_no_limit(monkeypatch):
    from mlflow import MlflowClient

    monkeypatch.setattr(answers, "ANSWER_BYTES", 2)
    with odd_server(answer(b"{}")) as address:
        assert MlflowClient(address).get_experiment_by_name("other").name == ""


def test_a_database_that_accepts_and_never_answers_is_called_hanging(monkeypatch):
    monkeypatch.setattr(server, "SERVER_PATIENCE", 0.2)
    monkeypatch.setattr(server, "_connect_once", lambda uri: time.sleep(60))
    line = line_of("postgresql+psycopg2://me:p4ss@127.0.0.1:1/runs")
    assert "hangs: no whole answer" in line
    assert "p4ss" not in line
