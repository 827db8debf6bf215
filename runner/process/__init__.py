"""The process: its environment, signals, console and errors, and its place in a sweep.

Every process imports this first, workers included, so it imports nothing heavy.
"""

from runner.process.addresses import ADDRESSES_VARIABLE, hidden, hide_addresses, revealed
from runner.process.entry_point import command
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
    MASK,
    UNPRINTABLE,
    DifferenceError,
    DiskFullError,
    InputError,
    RunKeptError,
    ServerLostError,
    StoreLostError,
    SweepError,
    causes_of,
    masked,
    one_line,
)
from runner.process.full_disk import disk_full_error, raising_disk_full
from runner.process.interrupt import interrupted, uninterrupted
from runner.process.limits import limit_error, require_memory
from runner.process.named_store import experiment_name, sqlite_file, store_address
from runner.process.output import (
    ConsoleHandler,
    LogFileHandler,
    console,
    duration,
    log,
    plural,
    print_error,
    say,
    show,
    show_log,
    shown,
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
from runner.process.start import user_path, working_folder

__all__ = [
    "ADDRESSES_VARIABLE",
    "COMMANDER_TAG",
    "COMMANDER_VARIABLE",
    "ENGINE_WORKERS",
    "MASK",
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
    "causes_of",
    "command",
    "commander_tags",
    "console",
    "disk_full_error",
    "duration",
    "experiment_name",
    "follow_commander",
    "hidden",
    "hide_addresses",
    "interrupted",
    "is_worker",
    "limit_error",
    "log",
    "machine",
    "masked",
    "one_line",
    "path_for_commander",
    "plural",
    "prepare",
    "prepared",
    "print_error",
    "raising_disk_full",
    "require_memory",
    "require_mxnet",
    "revealed",
    "say",
    "show",
    "show_log",
    "shown",
    "sqlite_file",
    "store_address",
    "this_process",
    "uninterrupted",
    "user",
    "user_path",
    "versions",
    "working_folder",
]
