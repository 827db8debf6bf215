"""Processes: how a run names its own, and how workers die with the command that started them.

Every worker imports this first, so it imports nothing heavy.
"""

import ctypes
import os
import platform
import signal
from pathlib import Path
from typing import NamedTuple

COMMANDER_VARIABLE = "LRSTUDY_COMMANDER"
"""Tells workers which process commands their sweep: the one that ran `lrstudy`."""

_PR_SET_PDEATHSIG = 1  # prctl(2): the signal a process gets when its parent dies


COMMANDER_TAG = "mlflow.source.commander"
"""The tag of a run that names the process commanding its sweep; MLflow's UI does not list it."""


class Process(NamedTuple):
    """A process; `start` tells it apart from a later one with the same id on the same host.

    `start` holds the id of the host's boot, the namespace of process ids, and the clock ticks
    from boot to the start of the process. Unlike a time of day, none of these changes while the
    process lives.
    """

    host: str
    pid: int
    start: str

    @property
    def is_gone(self) -> bool:
        """True only where that is certain, which it never is for a process on another host."""
        if self.host != platform.node() or self.start.count("/") != 2:
            return False
        boot, namespace, ticks = self.start.split("/")
        if boot != _boot_id():
            return True
        if namespace != _pid_namespace():  # another container's process ids mean nothing here
            return False
        return _start_ticks(self.pid) != ticks and not _is_hidden(self.pid)

    def to_text(self) -> str:
        """One line, for an environment variable."""
        return f"{self.host} {self.pid} {self.start}"

    @classmethod
    def from_text(cls, text: str) -> "Process":
        """The process that `to_text` described."""
        host, pid, start = text.split(" ")
        return cls(host, int(pid), start)


def this_process() -> Process:
    """The current process."""
    pid = os.getpid()
    return Process(platform.node(), pid, f"{_boot_id()}/{_pid_namespace()}/{_start_ticks(pid)}")


def follow_commander() -> None:
    """Bind a worker to its command: it dies with the command and leaves Ctrl-C and a hangup to it.

    The kernel kills the worker when its parent dies. If the parent died before the kernel was
    asked to, the worker exits here. A worker on another host, or one that a scheduler started, is
    left to that host or scheduler.
    """
    commander = _commander()
    if commander is None or commander == this_process():
        return
    if os.getppid() == commander.pid:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if commander.is_gone:
        os._exit(1)


def is_worker() -> bool:
    """Whether this process works for a sweep that another process commands."""
    return _commander() != this_process()


def commander_tags() -> dict[str, str]:
    """The tag that names the process commanding this run; no tag outside a sweep."""
    text = os.environ.get(COMMANDER_VARIABLE)
    return {COMMANDER_TAG: text} if text else {}


def path_for_commander(path: str) -> str:
    """A path on this host as the commanding process should print it: HOST:PATH on another host."""
    commander = _commander()
    here = platform.node()
    return path if commander is None or commander.host == here else f"{here}:{path}"


def _commander() -> Process | None:
    text = os.environ.get(COMMANDER_VARIABLE)
    return Process.from_text(text) if text else None


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _pid_namespace() -> str:
    return os.readlink("/proc/self/ns/pid").strip("pid:[]")


def _start_ticks(pid: int) -> str | None:
    """The 22nd field of /proc/PID/stat; None for a process that has ended, even as a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the second field is a name and may hold anything
    return None if fields[0] in "ZX" else fields[19]


def _is_hidden(pid: int) -> bool:
    """Whether the process is alive but /proc hides it: another user's, under hidepid."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return not Path(f"/proc/{pid}").exists()
    except ProcessLookupError:
        return False
    return False
