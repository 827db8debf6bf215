"""Lets a store of ours wait for the disk once a run, not with each of its transactions.

What is in SQLite's write-ahead log survives a kill. Only a power cut takes what the disk does not
have yet: the last transactions, never half of one (sqlite.org/pragma.html#pragma_synchronous).
"""

import contextlib
import os
import sqlite3
from pathlib import Path

from runner.process import sqlite_file


def wait_less(connection: sqlite3.Connection) -> None:
    """Let a connection commit without waiting for the disk, if there is a write-ahead log."""
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode == "wal":
        connection.execute("PRAGMA synchronous = NORMAL")


def write_through(uri: str) -> None:
    """Wait until the disk has all that was committed to a store; a server's is left to it.

    SQLite keeps no lock on its log, which this process could lose by closing it.
    """
    path = sqlite_file(uri)
    if path is None:
        return
    with (
        contextlib.suppress(FileNotFoundError),  # there is no such log, or all of it is in the file
        Path(f"{path.resolve()}-wal").open("rb+") as log,
    ):
        os.fsync(log.fileno())
