"""One console for everything a command prints, so that lines and progress bars do not collide."""

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import rich
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from runner.process.errors import masked
from runner.process.full_disk import disk_full_error

log = logging.getLogger("lrstudy")
"""Everything a run says goes through here, to the console and to the log in its output folder."""


log_of_run = logging.getLogger("lrstudy.run")
"""The same for what a run says of itself: its name, its epochs, its outcome."""


def shown(text: str) -> str:
    """Text from anywhere as it may be printed: its secrets masked, control characters spelled out.

    A terminal obeys escape sequences, and the text may come from a server, a store or a file.
    """
    return "".join(
        one if one.isprintable() or one in "\n\t" else one.encode("unicode_escape").decode()
        for one in masked(text)
    )


FILE_WIDTH = 10_000
"""Characters per line where the output is not a terminal."""

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
"""What stands where a word was cut."""


def console() -> Console:
    """The one console of this process; its progress bars stay below the printed lines."""
    return rich.get_console()


def say(line: str) -> None:
    """Print a line on the console."""
    console().print(shown(line), markup=False, highlight=False, soft_wrap=True)


def print_error(program: str, error: object) -> None:
    """Print the line with which a command ends."""
    print(f"{program}: {shown(str(error))}", file=sys.stderr)


class ConsoleHandler(logging.Handler):
    """Prints the plain message on the console."""

    without_runs = False

    def emit(self, record: logging.LogRecord) -> None:
        if not (self.without_runs and record.name == log_of_run.name):
            say(self.format(record))


@contextlib.contextmanager
def runs_in_files_only() -> Iterator[None]:
    """In the block runs write to their log files only: those of several would mix."""
    ConsoleHandler.without_runs = True
    try:
        yield
    finally:
        ConsoleHandler.without_runs = False


class LogFileHandler(logging.FileHandler):
    """A run's log file. On a full disk it stops silently; logging would print tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        return shown(super().format(record))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        error = sys.exc_info()[1]
        if error is None or disk_full_error(error) is None:
            super().handleError(record)


class _CleanStream:
    """A text stream to which everything is written after it went through `clean`."""

    def __init__(self, stream: TextIO, clean: Callable[[str], str]) -> None:
        self._stream = stream
        self._clean = clean

    def write(self, text: str) -> int:
        self._stream.write(self._clean(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def clean_streams() -> None:
    """Mask secrets in all that is written, and write errors as `shown`: what libraries write, too.

    Hydra prints configurations (`--cfg`), whose address may come from a file or a variable. Output
    keeps its control characters: progress bars need them.
    """
    for name, clean in (("stdout", masked), ("stderr", shown)):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, _CleanStream):
            setattr(sys, name, _CleanStream(stream, clean))


def show_log() -> None:
    """Print what is logged, in a command that does not use Hydra."""
    log.addHandler(ConsoleHandler())
    log.setLevel(logging.INFO)


def plural(count: float, noun: str) -> str:
    """The noun in the form that fits the count."""
    return noun if count == 1 else f"{noun}s"


def duration(seconds: float) -> str:
    """A time in the usual units: 0.4 s, 12 s, 3 min 05 s, 2 h 10 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes_left = divmod(minutes, 60)
    return f"{hours} h {minutes_left:02} min" if hours else f"{minutes} min {rest:02} s"


def show(table: Table) -> None:
    """Print a table; if the output is not a terminal, as wide as its rows need.

    On a terminal too narrow for its words each cell gets a line, after its column's title.
    """
    printer = console()
    if not printer.is_terminal:
        needed = Measurement.get(printer, printer.options.update(width=FILE_WIDTH), table)
        Console(file=printer.file, width=needed.maximum).print(table)
        return
    with printer.capture() as drawn:
        printer.print(table)
    if ELLIPSIS not in drawn.get():
        printer.print(table)
        return
    titles = [str(column.header) for column in table.columns]
    for row in zip(*(column.cells for column in table.columns), strict=True):
        cells = (f"{title}: {cell}" for title, cell in zip(titles, row, strict=True) if cell)
        printer.print("\n".join(cells), "", sep="\n", markup=False, highlight=False, soft_wrap=True)
