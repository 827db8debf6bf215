"""Signals as they are for what is typed into a terminal, however the tests were started."""

import contextlib
import signal

DEADLY = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


@contextlib.contextmanager
def default_signals(ignored=()):
    """What is started in the block dies of every deadly signal but those in `ignored`.

    A process inherits what its parent ignores. `nohup make test` ignores SIGHUP, and a script's
    `make test &` SIGINT, so the commands that the tests start would ignore them as well. The
    process of the tests itself goes back to what it ignored after the block.
    """
    changed = {}
    for number in DEADLY:
        if (signal.getsignal(number) is signal.SIG_IGN) == (number in ignored):
            continue
        deadly = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        changed[number] = signal.signal(number, signal.SIG_IGN if number in ignored else deadly)
    try:
        yield
    finally:
        for number, handler in changed.items():
            signal.signal(number, handler)
