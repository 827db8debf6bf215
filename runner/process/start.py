"""What every command does first, and the folder that it was started in."""

import re
import signal
import sys
from pathlib import Path

from runner.process.environment import collect_less
from runner.process.errors import InputError

REFUSED = re.compile(r"[?%\x00-\x1f\x7f\ud800-\udfff]|\$\{")
"""What the path of a folder must not hold.

MLflow takes `?` and `%` in an SQLite address for something else, and would write to another folder.
Hydra would look up `${NAME}`. The surrogates stand for bytes that are not UTF-8, and a control
character, such as a newline, would break every line that names the folder.
"""

AWAITED = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
"""The signals that end a command, and the one with which it puts them off."""


def start_command() -> None:
    """Make this process a command's: signals arrive, and its end is quick.

    The program that started it may have blocked signals, or ignored the end of its children. Both
    are inherited, and then Ctrl-C would do nothing and children would seem to succeed. A signal
    that is ignored stays ignored: that is how `nohup` works.

    Raises `InputError` for a folder that not all commands can work in, and for words that are not
    UTF-8.
    """
    collect_less()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, AWAITED)
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    working_folder()
    for word in sys.argv[1:]:
        if re.search("[\ud800-\udfff]", word):
            raise InputError(f"{word!r} is not UTF-8; type it in a terminal that writes UTF-8")


def working_folder() -> Path:
    """The current folder, below which everything is written.

    Raises `InputError` if it is gone, or if its path is one with which some command cannot work.
    """
    try:
        folder = Path.cwd()
    except FileNotFoundError:
        raise InputError(
            "the folder that this command was started in is gone; start it in another"
        ) from None
    found = REFUSED.search(str(folder))
    if found:
        raise InputError(
            f"no command works in {str(folder)!r}: a folder's path must be UTF-8 without ?, %, "
            "${ and control characters; rename the folder or start in another"
        )
    return folder


def user_path(text: str | Path) -> Path:
    """A path as it was typed, with `~` and `~NAME` replaced by the folder of that user.

    A shell does that only at the start of a word, so not in KEY=~/FOLDER.

    Raises `InputError` if there is no such user.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise InputError(
            f"{text} begins with a user who has no home folder here; give the whole path"
        ) from None
