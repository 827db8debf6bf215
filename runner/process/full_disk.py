"""Turns any library's error about a full disk into one error with one line.

SQLite rolls back what it could not write, so a store on a full disk stays intact.
"""

import contextlib
import errno
from collections.abc import Iterator

from runner.process.errors import DiskFullError, causes_of

SQLITE_FULL_MESSAGE = "database or disk is full"


def disk_full_error(error: BaseException) -> DiskFullError | None:
    """The `DiskFullError` to raise if `error` comes from a full disk, else None."""
    for cause in causes_of(error):
        if isinstance(cause, DiskFullError):
            return cause
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            return _cannot_write(cause.filename or "a file")
        if SQLITE_FULL_MESSAGE in str(cause):
            return _cannot_write("the MLflow store")
    return None


@contextlib.contextmanager
def raising_disk_full() -> Iterator[None]:
    """Raise `DiskFullError` for any error in the block that comes from a full disk."""
    try:
        yield
    except Exception as error:
        full = disk_full_error(error)
        if full is None:
            raise
        raise full from error


def _cannot_write(what: str) -> DiskFullError:
    return DiskFullError(
        f"the disk is full: {what} cannot be written; make room and start the command again, "
        "which goes on with what is not finished"
    )
