"""A real `mlflow server` that can go away and come back, and a PostgreSQL behind it."""

import contextlib
import importlib.util
import os
import pwd
import random
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from support.commands import kill, session_of, wait_until


def free_port():
    """A port below those that the kernel gives to clients, which could take it in between."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


class TrackingServer:
    """`mlflow server` on a free port of this machine; started again, it has the same address."""

    def __init__(self, folder, store, workers):
        self.folder, self.store, self.workers, self.port = folder, store, workers, free_port()
        self.process = None
        self.folder.mkdir()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self):
        return self.process.poll() is None

    def start(self):
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--workers", str(self.workers)]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [*command, "--backend-store-uri", self.store],
                cwd=self.folder,
                env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self.is_healthy)

    def is_healthy(self):
        assert self.is_running, (self.folder / "log").read_text()
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.address}/health"):
            return True
        return False

    def kill(self):
        """End it without a farewell, its workers too."""
        for pid in session_of(self.process.pid):
            kill(pid)
        self.process.wait(timeout=30)
        wait_until(lambda: not session_of(self.process.pid))


@contextlib.contextmanager
def tracking_server(folder, store="sqlite:///mlflow.db", workers=1):
    """A server that runs, unless the block stops it; its files are below `folder`."""
    server = TrackingServer(folder, store, workers)
    try:
        server.start()
        yield server
    finally:
        server.kill()


def postgresql_commands():
    """The folder of initdb and pg_ctl, which Debian keeps off the path; None: not there."""
    folders = [os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    found = shutil.which("initdb", path=os.pathsep.join(folders))
    return Path(found).resolve().parent if found else None


def why_no_postgresql():
    """What is missing, in words; nothing where all is there."""
    if postgresql_commands() is None:
        return "PostgreSQL is not there (Debian: apt-get install postgresql)"
    if importlib.util.find_spec("psycopg2") is None:
        return "PostgreSQL's driver is not there; make postgresql installs it"
    return ""


@contextlib.contextmanager
def postgresql():
    """A new PostgreSQL on a free port of this machine, with its address as SQLAlchemy takes it.

    PostgreSQL refuses to be root's, so it is another user's where the tests are root's.
    """
    commands = postgresql_commands()
    place = Path(tempfile.mkdtemp(prefix="lrstudy-postgresql-"))
    port, password = free_port(), secrets.token_hex(16)
    (place / "password").write_text(password)
    owner = {}
    if os.getuid() == 0:
        names = {user.pw_name for user in pwd.getpwall()}
        user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        for path in (place, place / "password"):
            os.chown(path, user.pw_uid, user.pw_gid)

    def call(name, *words):
        command = [commands / name, "--pgdata", place / "data", *words]
        with (place / "output").open("a") as output:
            ended = subprocess.run(
                command, cwd=place, stdout=output, stderr=output, timeout=120, **owner
            )
        assert ended.returncode == 0, (place / "output").read_text()

    settings = f"-h 127.0.0.1 -p {port} -k {place} -c max_connections=200"
    try:
        call(
            "initdb", "--username=lrstudy", "--auth=scram-sha-256", "--encoding=UTF8",
            "--no-locale", "--no-sync", f"--pwfile={place / 'password'}",
        )  # fmt: skip
        call("pg_ctl", "--wait", f"--log={place / 'log'}", f"--options={settings}", "start")
        try:
            yield f"postgresql+psycopg2://lrstudy:{password}@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "--wait", "--mode=immediate", "stop")
    finally:
        shutil.rmtree(place)
