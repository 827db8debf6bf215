"""One console for everything a command prints, so that lines and progress bars do not collide."""

import logging
import sys

import rich
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from runner.process.errors import masked
from runner.process.full_disk import disk_full_error

log = logging.getLogger("lrstudy")
"""Everything a run says goes through here, to the console and to the log in its output folder."""


def _mask(record: logging.LogRecord) -> bool:
    record.msg, record.args = masked(record.getMessage()), None
    if record.exc_info:
        record.exc_text = masked(logging.Formatter().formatException(record.exc_info))
    return True


log.addFilter(_mask)

FILE_WIDTH = 10_000
"""Characters per line where the output is not a terminal."""


def console() -> Console:
    """The one console of this process; its progress bars stay below the printed lines."""
    return rich.get_console()


class ConsoleHandler(logging.Handler):
    """Prints the plain message on the console."""

    def emit(self, record: logging.LogRecord) -> None:
        console().print(self.format(record), markup=False, highlight=False, soft_wrap=True)


class LogFileHandler(logging.FileHandler):
    """A run's log file. On a full disk it stops silently; logging would print tracebacks."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        error = sys.exc_info()[1]
        if error is None or disk_full_error(error) is None:
            super().handleError(record)


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
    needed = Measurement.get(printer, printer.options.update(width=FILE_WIDTH), table)
    if not printer.is_terminal:
        printer = Console(file=printer.file, width=needed.maximum)
    if printer.width >= needed.minimum:
        printer.print(table)
        return
    titles = [str(column.header) for column in table.columns]
    for row in zip(*(column.cells for column in table.columns), strict=True):
        cells = (f"{title}: {cell}" for title, cell in zip(titles, row, strict=True) if cell)
        printer.print("\n".join(cells), "", sep="\n", markup=False, highlight=False, soft_wrap=True)
