"""Which process does what: named so that it is found again, and never left behind by its parent.

Imported by every worker before anything else, so nothing heavy is imported here.
"""

import ctypes
import os
import platform
import signal
from pathlib import Path
from typing import NamedTuple

COMMANDER_VARIABLE = "LRSTUDY_COMMANDER"
"""Names the process that commands a sweep to the workers it starts."""

_PR_SET_PDEATHSIG = 1  # prctl(2): the signal a process gets when its parent dies


COMMANDER_TAG = "commander"
"""The tag of a sweep's run that names the same process."""


class Process(NamedTuple):
    """A process; `start` tells it from a later one with the same id on the same host.

    `start` holds the host's boot, the namespace of process ids, and the clock ticks from boot
    to the process's start: unlike a time of day, none of them changes while the process lives.
    """

    host: str
    pid: int
    start: str

    @property
    def is_gone(self) -> bool:
        """True only where it is certain: for a process of another host nothing is."""
        if self.host != platform.node() or self.start.count("/") != 2:
            return False
        boot, namespace, ticks = self.start.split("/")
        if boot != _boot_id():
            return True
        if namespace != _pid_namespace():  # a container's process, whose id says nothing here
            return False
        return _start_ticks(self.pid) != ticks and not _is_hidden(self.pid)

    def to_text(self) -> str:
        """One line, as an environment variable holds it."""
        return f"{self.host} {self.pid} {self.start}"

    @classmethod
    def from_text(cls, text: str) -> "Process":
        """The process that `to_text` described."""
        host, pid, start = text.split(" ")
        return cls(host, int(pid), start)


def this_process() -> Process:
    """The process that asks."""
    pid = os.getpid()
    return Process(platform.node(), pid, f"{_boot_id()}/{_pid_namespace()}/{_start_ticks(pid)}")


def follow_commander() -> None:
    """Bind a worker to the command that started it: it dies with it, and Ctrl-C is for that one.

    The kernel kills the worker when its parent dies; where the parent died before that was
    agreed, the worker ends itself. A worker on another host, or started by a scheduler, is
    theirs to end.
    """
    commander = _commander()
    if commander is None or commander == this_process():
        return
    if os.getppid() == commander.pid:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if commander.is_gone:
        os._exit(1)


def is_worker() -> bool:
    """Whether another process commands the sweep that this one works for."""
    return _commander() != this_process()


def commander_tags() -> dict[str, str]:
    """The tag that says which process commands this one's run; none for a run outside a sweep."""
    text = os.environ.get(COMMANDER_VARIABLE)
    return {COMMANDER_TAG: text} if text else {}


def path_for_commander(path: str) -> str:
    """A path of this host, as the command that may run on another one should name it."""
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
    """The 22nd field of /proc/PID/stat; None for a process that has ended (a zombie too)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the second field, a name, may hold anything
    return None if fields[0] in "ZX" else fields[19]


def _is_hidden(pid: int) -> bool:
    """Whether the process lives, but /proc does not show it: another user's, under hidepid."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return not Path(f"/proc/{pid}").exists()
    except ProcessLookupError:
        return False
    return False
