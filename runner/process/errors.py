"""The errors that end a command with one line instead of a traceback."""

import re


def masked(text: str) -> str:
    """The text with passwords in addresses masked: others read what is printed or logged."""
    return re.sub(r"(://[^/\s:@]*):[^/\s]*@", r"\1:***@", text)


UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"
"""What stands for a character that does not print."""


def one_line(text: str, most: int = 200) -> str:
    """A text from outside as one line that a terminal shows as it is.

    What does not print (line ends, escapes, marks that turn the direction of writing, half
    characters) is replaced, and a text of more than `most` characters is cut.
    """
    cut = text if len(text) <= most else f"{text[: most - 3]}..."
    return "".join(one if one.isprintable() else UNPRINTABLE for one in cut)


class InputError(Exception):
    """Something outside the program is wrong: a value, a file, a server.

    The message is one line: what is wrong, what was expected, what to do. Commands print
    it without a traceback and exit with status 2. Passwords in addresses are masked.
    """

    def __init__(self, message: str) -> None:
        super().__init__(masked(message))


class DifferenceError(Exception):
    """A run that was trained again gave different numbers.

    The message is one line: the first figure that differs. Commands print it and exit with
    status 1.
    """


class SweepError(Exception):
    """Some runs of a sweep failed. Each failure has already been printed and logged.

    The message is one line that counts them. Commands print it and exit with status 1.
    """


class StoreLostError(InputError):
    """The store that runs were being logged to no longer accepts anything."""


class ServerLostError(StoreLostError):
    """A tracking server stopped answering and did not come back in time."""


class RunKeptError(ServerLostError):
    """The server was lost, but the trained run is kept on disk for `lrstudy-sync` to log."""


class DiskFullError(StoreLostError):
    """The disk of the store or of the output folders is full."""
