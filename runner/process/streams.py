"""The standard streams: present from the start, and losing one interrupts the command.

A command whose reader goes away (`lrstudy -m ... | head -1`) stops at once, as after Ctrl-C. One
that was started without a stream (`>&-`) works without it.
"""

import contextlib
import errno
import io
import os
import select
import sys
from collections.abc import Iterator
from typing import TextIO

from runner.process.interrupt import interrupt

NO_LOSS = (errno.EIO, errno.EBADF)
"""Errors of a terminal that hung up, or of a stream not open for writing: the command goes on.

A terminal that hangs up also sends SIGHUP, to every command that was not told to ignore it.
"""


@contextlib.contextmanager
def standard_streams() -> Iterator[list[OSError]]:
    """In the block no write to stdout or stderr raises; the list gets the error of a lost one.

    What cannot be encoded is written as an escape. Streams that someone has replaced, such as
    a test or a notebook, are left alone.
    """
    _open_missing()
    lost: list[OSError] = []
    before = sys.stdout, sys.stderr
    if sys.stdout is sys.__stdout__:
        sys.stdout = _stream(sys.stdout, 1, lost)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _stream(sys.stderr, 2, lost)
    try:
        yield lost
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before


def _open_missing() -> None:
    """Open the null device as each stream that is closed, before a file of ours takes its number.

    What a library writes to stderr would end up in that file.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _stream(before: TextIO | None, number: int, lost: list[OSError]) -> TextIO:
    file = _OutputFile(number, lost)
    return io.TextIOWrapper(
        io.BufferedWriter(file),  # type: ignore[type-var]  # `write` takes less than FileIO's
        encoding=before.encoding if before else None,
        errors="backslashreplace",
        line_buffering=number == 2 or file.isatty(),
        write_through=bool(getattr(before, "write_through", False)),
    )


class _OutputFile(io.FileIO):
    """A stream's file that, once lost, swallows everything."""

    def __init__(self, number: int, lost: list[OSError]) -> None:
        super().__init__(number, "w", closefd=False)
        self.lost = lost
        self.is_lost = False

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]  # FileIO takes any buffer
        while not self.is_lost:
            try:
                count = super().write(data)
            except OSError as error:
                self.is_lost = True
                if error.errno not in NO_LOSS:
                    self.lost.append(error)
                    interrupt()
                break
            if count is not None:
                return count
            select.select([], [self], [])  # a pipe that is full and does not block
        return memoryview(data).nbytes
