"""The errors that end a command with one line instead of a traceback."""

import re


def masked(text: str) -> str:
    """The text without the passwords of addresses: what is printed or logged is read by many."""
    return re.sub(r"(://[^/\s:@]*):[^/\s]*@", r"\1:***@", text)


class InputError(Exception):
    """Something outside the program is wrong: a value, a file, a server.

    The message is one line: what is wrong, what was expected, what to do. Commands print
    it without a traceback and exit with status 2. Passwords of addresses in it are masked.
    """

    def __init__(self, message: str) -> None:
        super().__init__(masked(message))


class DifferenceError(Exception):
    """A run trained again came out different.

    The message is one line: the first figure that differs. Commands print it and exit with
    status 1.
    """


class SweepError(Exception):
    """Some runs of a sweep failed; what each died of has been printed and logged.

    The message is one line that counts them. Commands print it and exit with status 1.
    """


class StoreLostError(InputError):
    """A store that runs were logged to takes nothing more."""


class ServerLostError(StoreLostError):
    """A tracking server that had answered has not for as long as it is waited for."""


class RunKeptError(ServerLostError):
    """A run's server was lost, but the run is trained and kept, to be logged by `lrstudy-sync`."""


class DiskFullError(StoreLostError):
    """A disk is full: that of the store, or that of the output folders."""
