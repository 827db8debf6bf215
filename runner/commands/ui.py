"""The command `lrstudy-ui`: MLflow's UI, small and private, for this machine only."""

import argparse
import os
import platform
import socket
import warnings
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runner import __version__
from runner.process import InputError, command, experiment_name, say, store_address, user

Scope = MutableMapping[str, Any]
App = Callable[
    [Scope, Callable[..., Awaitable[Any]], Callable[..., Awaitable[Any]]], Awaitable[Any]
]
"""An ASGI application, as asgi.readthedocs.io describes it."""

LOOPBACK = "127.0.0.1"
USUAL_PORT = 5000
PATIENCE = 3
"""Seconds that a response may still take once the server is told to stop."""

SERVER_SETTINGS = ("MLFLOW_", "_MLFLOW_", "prometheus_multiproc_dir")
"""How the names of the settings that MLflow's server reads begin."""

FOR_THE_STORE = (
    "MLFLOW_DISABLE_TELEMETRY",
    "MLFLOW_LOGGING_",
    "MLFLOW_S3_",
    "MLFLOW_SQLALCHEMYSTORE_",
)
"""Which of MLflow's settings in the shell the server keeps. Others may open it: to other origins,
hosts and frames, to folders of this machine, to an assistant or a gateway."""


def main() -> None:
    """Serve MLflow's UI until Ctrl-C or SIGTERM; bad input ends with one line and status 2."""
    with command("lrstudy-ui", "the runs are untouched"):
        options = _parser().parse_args()
        try:
            serve(options.experiment, options.uri, options.host, options.port)
        except KeyboardInterrupt:
            print("Stopped.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lrstudy-ui",
        description="Browse the runs of an MLflow store in MLflow's UI, on this machine only.",
        epilog="Example: lrstudy-ui --experiment lr-study --port 5001",
    )
    parser.add_argument(
        "--experiment", help="experiment to link to [MLFLOW_EXPERIMENT_NAME, else lr-study]"
    )
    parser.add_argument(
        "--uri", help="MLflow store [MLFLOW_TRACKING_URI, else sqlite:///mlflow.db in this folder]"
    )
    parser.add_argument(
        "--port", type=int, help=f"port to listen on [{USUAL_PORT}, or a free one if it is taken]"
    )
    parser.add_argument("--host", default=LOOPBACK, help=f"{LOOPBACK}, the only one allowed")
    parser.add_argument("--version", action="version", version=f"lrstudy {__version__}")
    return parser


def serve(experiment: str | None, uri: str | None, host: str, port: int | None) -> None:
    """Serve the UI until it is interrupted; once it answers, print the link to the experiment.

    `uri` is an MLflow store, by default `MLFLOW_TRACKING_URI` or `mlflow.db` in the current
    folder; `experiment` is by default `MLFLOW_EXPERIMENT_NAME` or `lr-study`. If the store is a
    server, it has its own UI: its link is printed and nothing is served.

    Raises `InputError` for a host other than this machine, a store or experiment that does not
    exist, and a port that is taken; `KeyboardInterrupt` after an interrupt.
    """
    if host not in (LOOPBACK, "localhost"):
        raise InputError(_host_error(host, port or USUAL_PORT))
    from runner.tracking import open_tracking, opening_page  # MLflow: slow to import

    tracking = open_tracking(store_address(uri), experiment_name(experiment), create=False)
    link = opening_page(tracking)
    if tracking.uri.startswith("http"):
        parts = urlsplit(tracking.uri.rstrip("/") + "/" + link)
        public = parts._replace(netloc=parts.netloc.rpartition("@")[2])  # the browser asks
        say(f"The store is a server with its own UI: {public.geturl()}")
        return
    with _listener(port) as listener:
        _run_server(tracking.uri, listener, link)


def _host_error(host: str, port: int) -> str:
    there = f"{user()}@{platform.node()}"
    return (
        f"--host must be {LOOPBACK}, got {host}: MLflow's UI has no login, so anyone who reaches "
        "it can change and delete every run; to use it from another computer, start it here "
        f"without --host and run there: ssh -L {port}:{LOOPBACK}:{port} {there}"
    )


def _listener(wanted: int | None) -> socket.socket:
    """A socket that listens to the wanted port; by default to the usual one, or else a free one."""
    for port in [wanted] if wanted is not None else [USUAL_PORT, 0]:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
            listener.listen()  # until then another process can bind to the same port
        except (OSError, OverflowError) as error:
            listener.close()
            refused = error
        else:
            return listener
    raise InputError(
        f"--port must be a free port, {wanted} is not ({refused}); leave it out to use any free one"
    ) from refused


def _run_server(uri: str, listener: socket.socket, link: str) -> None:
    """Run MLflow's server in this process until a signal stops it.

    MLflow's own command starts 15 processes that take 3 GB. It also accepts requests for any host
    name that begins like a private address, such as 10.example.com (DNS rebinding).
    """
    address = f"{LOOPBACK}:{listener.getsockname()[1]}"
    hosts = (address, address.replace(LOOPBACK, "localhost"))
    for name in list(os.environ):
        if name.startswith(SERVER_SETTINGS) and not name.startswith(FOR_THE_STORE):
            del os.environ[name]
    import uvicorn
    from mlflow.server import constants  # reads settings while it is imported

    os.environ |= {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(hosts),
        constants.BACKEND_STORE_URI_ENV_VAR: uri,
        constants.REGISTRY_STORE_URI_ENV_VAR: uri,
        constants.ARTIFACT_ROOT_ENV_VAR: (Path.cwd() / "mlartifacts").as_uri(),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow 3.17 uses what Starlette 1 deprecates
        from mlflow.server.fastapi_app import app

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(f"MLflow's UI: http://{address}/{link}\nCtrl-C stops it.", flush=True)

    config = uvicorn.Config(
        _same_origin(app, {f"http://{host}" for host in hosts}),
        log_level="warning",
        timeout_graceful_shutdown=PATIENCE,
        proxy_headers=False,
    )
    Server(config).run([listener])


def _same_origin(app: App, origins: set[str]) -> App:
    """The application, but it refuses what a page of another origin asks.

    MLflow itself lets every port of this machine read and write.
    """

    async def guarded(
        scope: Scope,
        receive: Callable[..., Awaitable[Any]],
        send: Callable[..., Awaitable[Any]],
    ) -> None:
        given = {
            value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"origin"
        }
        if given <= origins:
            await app(scope, receive, send)
        elif scope["type"] == "http":
            await send({"type": "http.response.start", "status": 403, "headers": []})
            await send({"type": "http.response.body", "body": b"Cross-origin request refused"})
        else:
            await send({"type": "websocket.close", "code": 1008})

    return guarded
