"""The errors that end a command with one line instead of a traceback."""

import re
from collections.abc import Iterator

MASK = "***"

_HOST = r"(?:\[[^\s\]@]*\]|[^\s/?#@:\[]*)(?::\d*)?"
_USER = re.compile(rf"(?<=\w://)(?!{_HOST}[/?#])(?:(?!://)\S)+@")
"""What precedes the last @ of an address, unless its host comes first. Quotes, slashes and more @
may be part of a password that should have been percent-encoded."""

_QUERY = re.compile(r"""(\w://[^\s?#]*\?)[^\s#]+?(?=[\]\'")}>.,;]*(?:[\s#]|$))""")


def masked(text: str) -> str:
    """The text with user, password and query of every address masked: others may read it."""
    return _QUERY.sub(rf"\1{MASK}", _USER.sub(f"{MASK}@", text))


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and so on."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


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
    it without a traceback and exit with status 2. The secrets of addresses are masked.
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
