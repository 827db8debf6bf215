"""The process: its environment, signals, console and errors, and which process does what.

Imported before anything else, by every worker too, so it imports nothing heavy.
"""

from runner.process.environment import (
    ENGINE_WORKERS,
    MOST_THREADS,
    THREADS,
    end_at_once,
    machine,
    prepare,
    user,
    versions,
)
from runner.process.errors import (
    DifferenceError,
    DiskFullError,
    InputError,
    RunKeptError,
    ServerLostError,
    StoreLostError,
    SweepError,
    masked,
)
from runner.process.full_disk import disk_full, disk_full_told
from runner.process.interrupt import interrupted, interruptible, status_of, unbroken
from runner.process.output import (
    ConsoleHandler,
    LogFileHandler,
    console,
    duration,
    log,
    plural,
    show,
    show_log,
)
from runner.process.processes import (
    COMMANDER_TAG,
    COMMANDER_VARIABLE,
    Process,
    commander_tags,
    follow_commander,
    is_worker,
    located,
    this_process,
)

__all__ = [
    "COMMANDER_TAG",
    "COMMANDER_VARIABLE",
    "ENGINE_WORKERS",
    "MOST_THREADS",
    "THREADS",
    "ConsoleHandler",
    "DifferenceError",
    "DiskFullError",
    "InputError",
    "LogFileHandler",
    "Process",
    "RunKeptError",
    "ServerLostError",
    "StoreLostError",
    "SweepError",
    "commander_tags",
    "console",
    "disk_full",
    "disk_full_told",
    "duration",
    "end_at_once",
    "follow_commander",
    "interrupted",
    "interruptible",
    "is_worker",
    "located",
    "log",
    "machine",
    "masked",
    "plural",
    "prepare",
    "show",
    "show_log",
    "status_of",
    "this_process",
    "unbroken",
    "user",
    "versions",
]
