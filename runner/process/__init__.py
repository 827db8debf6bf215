"""The process: its environment, signals, console and errors, and its place in a sweep.

Every process imports this first, workers included, so it imports nothing heavy.
"""

from runner.process.environment import (
    ENGINE_WORKERS,
    MOST_THREADS,
    THREADS,
    machine,
    prepare,
    prepared,
    require_mxnet,
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
from runner.process.start import start_command, user_path, working_folder

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
    "disk_full_error",
    "duration",
    "exit_status",
    "follow_commander",
    "interrupted",
    "interruptible",
    "is_worker",
    "log",
    "machine",
    "masked",
    "path_for_commander",
    "plural",
    "prepare",
    "prepared",
    "raising_disk_full",
    "require_mxnet",
    "show",
    "show_log",
    "start_command",
    "this_process",
    "uninterrupted",
    "user",
    "user_path",
    "versions",
    "working_folder",
]
