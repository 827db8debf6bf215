"""One console for everything a command prints, so that lines and progress bars do not collide."""

import logging

import rich
from rich.console import Console

log = logging.getLogger("lrstudy")
"""What a run says goes through here, to the console and to the log file of its output folder."""


def console() -> Console:
    """The console of this process; a progress bar on it keeps below the printed lines."""
    return rich.get_console()


class ConsoleHandler(logging.Handler):
    """A logging handler that prints the plain message on the console."""

    def emit(self, record: logging.LogRecord) -> None:
        console().print(self.format(record), markup=False, highlight=False, soft_wrap=True)


def plural(count: float, noun: str) -> str:
    """The noun as it stands after a count."""
    return noun if count == 1 else f"{noun}s"
