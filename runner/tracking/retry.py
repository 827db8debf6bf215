"""Waits for a tracking server that goes away, says so, and retries calls that lost a race.

MLflow's own retries stay silent for minutes, so `runner.process.environment` turns them off.
"""

import re
import threading
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import requests
from google.protobuf.json_format import Error as ProtobufError  # type: ignore[import-untyped]  # no stubs
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException, RestException

from runner.process import (
    ServerLostError,
    StoreLostError,
    disk_full_error,
    duration,
    interrupted,
    log,
    uninterrupted,
)
from runner.tracking.answers import ANSWER_BYTES, EndlessAnswerError, limited_answers
from runner.tracking.store_file import damaged_store

PATIENCE_SECONDS = 180.0
"""How long to wait for a server; rebooting its machine takes less."""

QUIET_SECONDS = 2.0
"""A shorter outage is not worth a line."""

MAX_PAUSE_SECONDS = 1.0
"""The longest pause between two attempts."""

LOST_RACE = "/gkpj)"
"""SQLAlchemy's code for an IntegrityError; it ends the message, whatever the database."""

MAX_RACES = 5
"""How often to retry a lost race; each other process can win one race for the same rows."""

DAMAGED = re.compile(
    "database disk image is malformed|file is not a database|Could not decode to UTF-8"
)
"""What SQLite says of a damaged file."""
NO_MLFLOW = "Response body:"
"""How MLflow's client quotes an answer that is not MLflow's; the body may be of any length."""

WRONG_CHARACTERS = 200
"""How much of a wrong answer is quoted."""

WRONG_TYPES = (ProtobufError, AttributeError, LookupError, TypeError, ValueError)
"""What MLflow's client raises for an answer whose values have other types."""

WRONG_ADDRESS = (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema)

_lock = threading.Lock()
_outages: dict[str, "_Outage"] = {}


class _Outage:
    """When a server went away (`time.monotonic`), and whether that has been reported."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.reported = False


class PatientClient(MlflowClient):
    """MLflow's client, but its calls wait for a server that does not answer.

    A call that loses a race is retried: MLflow checks whether an experiment's data or tags exist
    before it writes them, and another process may write them in between.

    All clients of a process share one waiting time. Once it has run out, each call is tried only
    once, until one succeeds. A call raises `ServerLostError` if the server stays away, and
    `StoreLostError` if an SQLite file turns out to be damaged.
    """

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or not callable(found):
            return found
        return patiently(self.tracking_uri, found)


def patiently(uri: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """A call to the store `uri` that waits and retries like those of `PatientClient`."""
    over_http = uri.startswith("http")

    @wraps(call)
    def patient(*arguments: Any, **keywords: Any) -> Any:
        lost_races = 0
        while True:
            begin = time.monotonic()
            try:
                if over_http:  # may take long, so it can be interrupted
                    with limited_answers():
                        result = call(*arguments, **keywords)
                else:
                    result = uninterrupted(call, *arguments, **keywords)
            except (MlflowException, OSError) as error:  # errors of `requests` are OSErrors
                full = disk_full_error(error)
                if full:
                    raise full from error
                damaged = DAMAGED.search(str(error))
                if damaged and uri.startswith("sqlite"):
                    file = Path(uri.removeprefix("sqlite:///"))
                    raise StoreLostError(damaged_store(file, damaged[0])) from error
                if lost_races < MAX_RACES and _lost_race(error):
                    lost_races += 1
                    continue
                if over_http:
                    _raise_if_wrong(uri, error)
                reason = _outage_reason(error)
                if reason is None:
                    raise
                _wait(uri, reason, begin)
            except WRONG_TYPES as error:
                if not over_http:
                    raise
                raise _wrong_answer(uri, f"{type(error).__name__}: {error}") from error
            else:
                _end_outage(uri)
                return result

    return patient


def _lost_race(error: Exception) -> bool:
    """Whether another process wrote the row first, so that MLflow would now find it."""
    exists = getattr(error, "error_code", "") == "RESOURCE_ALREADY_EXISTS"
    return LOST_RACE in str(error) and not exists


def _raise_if_wrong(uri: str, error: Exception) -> None:
    """Raise `ServerLostError` for an answer that no MLflow server gives; waiting would not help."""
    if isinstance(error.__context__, EndlessAnswerError) or isinstance(error, EndlessAnswerError):
        raise _wrong_answer(uri, f"it does not end after {ANSWER_BYTES >> 20} MB") from error
    if NO_MLFLOW in str(error) and not isinstance(error, RestException):
        raise _wrong_answer(uri, str(error)) from error


def _wrong_answer(uri: str, reason: str) -> ServerLostError:
    line = " ".join(reason[:WRONG_CHARACTERS].split())
    return ServerLostError(
        f"tracking.uri: {uri} gives an answer that is not an MLflow server's ({line}); "
        "correct the address, or the server"
    )


def _outage_reason(error: Exception) -> str | None:
    """Briefly why a server did not answer; None if it did, even with a refusal."""
    cause = error.__context__ if isinstance(error, MlflowException) else error
    if isinstance(error, RestException) or isinstance(cause, WRONG_ADDRESS):
        return None
    if isinstance(cause, requests.HTTPError) and cause.response is not None:
        status = cause.response.status_code
        return f"HTTP status {status}" if status >= 500 else None
    if isinstance(cause, requests.exceptions.RetryError):
        return "it answers with errors of its own"
    if isinstance(cause, requests.Timeout):
        return "it hangs: no answer in time"
    return "no connection" if isinstance(cause, requests.RequestException) else None


def _wait(uri: str, reason: str, begin: float) -> None:
    """Pause after an attempt that began at `begin`; `ServerLostError` if time has run out."""
    with _lock:
        outage = _outages.setdefault(uri, _Outage(begin))
        away = time.monotonic() - outage.since
        report_now = not outage.reported and away >= QUIET_SECONDS
        outage.reported |= report_now
    if away >= PATIENCE_SECONDS or interrupted.is_set():
        raise ServerLostError(
            f"tracking.uri: the MLflow server {uri} has not answered for {duration(away)} "
            f"({reason}); start it again"
        )
    if report_now:
        log.info(
            f"The MLflow server {uri} does not answer ({reason}); "
            f"waiting for it, up to {duration(PATIENCE_SECONDS)}"
        )
    time.sleep(min(MAX_PAUSE_SECONDS, 0.1 + away))


def _end_outage(uri: str) -> None:
    with _lock:
        outage = _outages.pop(uri, None)
    if outage and outage.reported:
        away = duration(time.monotonic() - outage.since)
        log.info(f"The MLflow server {uri} answers again, after {away}")
