"""The process: its environment, signals, console and errors, and its place in a sweep.

Every process imports this first, workers included, so it imports nothing heavy.
"""

from runner.process.environment import (
    ENGINE_WORKERS,
    MOST_THREADS,
    THREADS,
    end_at_once,
    machine,
    prepare,
    require_mxnet,
    user,
    versions,
)
from runner.process.errors import (
    UNPRINTABLE,
    DifferenceError,
    DiskFullError,
    InputError,
    RunKeptError,
    ServerLostError,
    StoreLostError,
    SweepError,
    masked,
    one_line,
)
from runner.process.full_disk import disk_full_error, raising_disk_full
from runner.process.interrupt import exit_status, interrupted, interruptible, uninterrupted
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
    path_for_commander,
    this_process,
)

__all__ = [
    "COMMANDER_TAG",
    "COMMANDER_VARIABLE",
    "ENGINE_WORKERS",
    "MOST_THREADS",
    "THREADS",
    "UNPRINTABLE",
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
    "disk_full_error",
    "duration",
    "end_at_once",
    "exit_status",
    "follow_commander",
    "interrupted",
    "interruptible",
    "is_worker",
    "log",
    "machine",
    "masked",
    "one_line",
    "path_for_commander",
    "plural",
    "prepare",
    "raising_disk_full",
    "require_mxnet",
    "show",
    "show_log",
    "this_process",
    "uninterrupted",
    "user",
    "versions",
]
