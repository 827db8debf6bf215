"""Two machines for the tests of clusters: namespaces of this one, joined by a cable.

Each has its own network, host name, processes and shared memory, and nothing of it outlives the
process that `unshare` started. They share the disk.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from support.commands import wait_until
from support.signals import default_signals

from runner.data import FASHION_MNIST

BIN = Path(sys.executable).parent
ADDRESSES = ("10.88.0.1", "10.88.0.2")
SERVER_PORT = 5000
SERVER = f"http://{ADDRESSES[0]}:{SERVER_PORT}"
UNSHARE = ("unshare", "-n", "-u", "-p", "-m", "--fork")
PRIVATE = ("/tmp/ray", "/dev/shm", str(FASHION_MNIST.debian_folder))
"""Where a machine finds nothing of another: of Ray's, of Debian's package of the data."""


def missing():
    """What this machine lacks to make others of, or None."""
    if os.getuid() != 0:
        return "only root can make network namespaces"
    for program in ("unshare", "nsenter", "ip"):
        if shutil.which(program) is None:
            return f"{program} is not there (Debian: util-linux, iproute2)"
    tried = subprocess.run([*UNSHARE, "true"], check=False)
    return "namespaces are not allowed here" if tried.returncode else None


class Machine:
    """One machine: commands run on it as on any other."""

    def __init__(self, name, home):
        self.name = name
        self.home = home
        self.environment = {
            **os.environ,
            "PATH": f"{home}:{BIN}:{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "RAY_USAGE_STATS_ENABLED": "0",
            "XDG_CACHE_HOME": str(home / "cache"),
        }
        self.environment.pop("MLFLOW_TRACKING_URI", None)
        hidden = [
            one for one in PRIVATE if one != str(FASHION_MNIST.debian_folder) or Path(one).is_dir()
        ]
        mounts = " && ".join(f"mkdir -p {one} && mount -t tmpfs tmpfs {one}" for one in hidden)
        script = f"hostname {name} && {mounts} && ip link set lo up && exec sleep infinity"
        self.holder = subprocess.Popen(
            [*UNSHARE, "--kill-child", "--mount-proc", "sh", "-c", script]
        )
        wait_until(lambda: children_of(self.holder.pid))
        (self.init,) = children_of(self.holder.pid)
        wait_until(lambda: b"sleep" in Path(f"/proc/{self.init}/cmdline").read_bytes())

    def start(self, *words, folder, **environment):
        """A command on this machine, as a process of which the output is a pipe."""
        enter = ["nsenter", "-t", str(self.init), "-n", "-u", "-p", "-m"]
        with default_signals():
            return subprocess.Popen(
                [*enter, "sh", "-c", 'cd "$0" && exec "$@"', str(folder), *map(str, words)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**self.environment, **environment},
            )

    def run(self, *words, folder, **environment):
        """The same, run to its end: status, output, errors."""
        process = self.start(*words, folder=folder, **environment)
        out, err = process.communicate(timeout=500)
        return process.returncode, out, err

    def processes(self):
        """The command line of each process on this machine, by its id outside."""
        mine = os.readlink(f"/proc/{self.init}/ns/pid")
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.readlink(folder / "ns/pid") == mine:
                    found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        return {pid: words for pid, words in found.items() if words}  # a zombie has none

    def kill(self, pid_here):
        """SIGKILL for the process of that id on this machine."""
        for pid in self.processes():
            with contextlib.suppress(OSError):  # one that has ended since it was listed
                status = Path(f"/proc/{pid}/status").read_text()
                if f"\t{pid_here}\n" in status.partition("NSpid:")[2].partition("\n")[0] + "\n":
                    os.kill(pid, signal.SIGKILL)
                    return
        raise AssertionError(f"no process {pid_here} on {self.name}")

    def stop(self):
        self.holder.kill()  # and with it, the kernel kills all others
        self.holder.wait()


def children_of(pid):
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def interrupt(process, number):
    """A signal to the command that `Machine.start` gave; `nsenter` hands none on."""
    (pid,) = children_of(process.pid)
    os.kill(pid, number)


@contextlib.contextmanager
def two_machines(folder):
    """Two machines joined by a cable, each with a home in `folder`."""
    with contextlib.ExitStack() as stack:
        machines = []
        for number in (1, 2):
            home = folder / f"machine{number}"
            home.mkdir()
            machine = Machine(f"machine{number}", home)
            stack.callback(machine.stop)
            machines.append(machine)
        ends = [f"cable netns {machines[0].init}", f"cable netns {machines[1].init}"]
        link = f"ip link add {ends[0]} type veth peer {ends[1]}"
        subprocess.run(link.split(), check=True)
        for machine, address in zip(machines, ADDRESSES, strict=True):
            words = f"ip addr add {address}/24 dev cable && ip link set cable up"
            assert machine.run("sh", "-c", words, folder=folder)[0] == 0
        yield machines


@contextlib.contextmanager
def ray_cluster(head, other, folder):
    """Ray on two machines, two processors each."""
    limits = ("--num-cpus", 2, "--object-store-memory", 80_000_000)
    for machine, address, words in (
        (head, ADDRESSES[0], ("--head", "--include-dashboard=false", "--disable-usage-stats")),
        (other, ADDRESSES[1], (f"--address={ADDRESSES[0]}:6379",)),
    ):
        started = machine.run(
            BIN / "ray", "start", "--node-ip-address", address, *words, *limits, folder=folder
        )
        assert started[0] == 0, started
    yield


@contextlib.contextmanager
def mlflow_server(machine, folder):
    """An MLflow server on a machine, its SQLite file in `folder`."""
    process = machine.start(
        *("sh", "-c", 'exec "$@" > server.log 2>&1', "sh", BIN / "mlflow", "server"),
        *("--host", ADDRESSES[0], "--port", SERVER_PORT, "--workers", 1),
        *("--backend-store-uri", f"sqlite:///{folder}/mlflow.db"),
        *("--artifacts-destination", folder / "mlartifacts"),
        folder=folder,
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false",
        MLFLOW_DISABLE_TELEMETRY="true",
    )
    try:
        ask = f"import urllib.request; urllib.request.urlopen('{SERVER}/health', timeout=5)"
        wait_until(lambda: machine.run(sys.executable, "-c", ask, folder=folder)[0] == 0)
        yield
    finally:
        process.kill()
        process.communicate()
