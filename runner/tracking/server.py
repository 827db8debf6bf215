"""Asks a server, of MLflow or of a database, whether it is there, once and not for long."""

import re
from urllib.parse import urlsplit

import requests
from mlflow.exceptions import MlflowException
from sqlalchemy import create_engine
from urllib3.exceptions import HTTPError

from runner.process import InputError
from runner.tracking.answers import ask, within

SERVER_PATIENCE = 5.0
"""Seconds within which a server must have answered the probe."""


def check_database(uri: str) -> None:
    """Connect to a database server once; MLflow would retry for a minute in silence.

    Raises `requests.Timeout` if it does not answer in time, and what SQLAlchemy raises.
    """
    within(SERVER_PATIENCE, _connect_once, uri)


def _connect_once(uri: str) -> None:
    engine = create_engine(uri)
    try:
        engine.connect().close()
    finally:
        engine.dispose()


def check_server(uri: str) -> None:
    """Raise `InputError` for the address of a tracking server that does not answer at once."""
    if uri.startswith(("http://", "https://")):
        _check_address(uri)
        _probe(uri)


def _check_address(uri: str) -> None:
    """Raise `InputError` for an address whose parts cannot be told apart."""
    try:
        parts = urlsplit(uri)
        valid = bool(parts.hostname) and parts.port != 0 and not re.search(r"[\s\\]", uri)
    except ValueError:
        valid = False
    if not valid:
        raise InputError(
            f"tracking.uri must be http://SERVER:PORT, got {uri}; before SERVER may stand "
            "USER:PASSWORD@, with / as %2F, @ as %40, : as %3A, ? as %3F and # as %23"
        )


def _probe(uri: str) -> None:
    """Ask the server once; MLflow would retry for over a minute in silence."""
    try:
        status, start = ask(uri.rstrip("/"), "/health", SERVER_PATIENCE, 16)
    except requests.Timeout as error:
        raise InputError(hanging(uri)) from error
    except (MlflowException, requests.RequestException, HTTPError) as error:
        raise InputError(
            f"tracking.uri: no MLflow server answers at {uri} ({_reason(error)}); "
            "start it, or leave out tracking.uri to log into this folder"
        ) from error
    if status in (401, 403):
        raise InputError(
            f"tracking.uri: {uri} refuses access (HTTP status {status}); give "
            "USER:PASSWORD@SERVER after ://, or set MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD"
        )
    if (status, start.strip()) != (200, b"OK"):
        raise InputError(
            f"tracking.uri: what answers at {uri} is not an MLflow server (HTTP status {status}); "
            "correct the address, or leave out tracking.uri to log into this folder"
        )


def hanging(uri: str) -> str:
    """The line for a server that does not answer in time."""
    return (
        f"tracking.uri: {uri} hangs: no whole answer in {SERVER_PATIENCE:.0f} s; start it again, "
        "or leave out tracking.uri to log into this folder"
    )


def _reason(error: BaseException) -> str:
    """What the connection failed of, without the layers that repeat the address."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return str(error)[:200] or type(error).__name__
