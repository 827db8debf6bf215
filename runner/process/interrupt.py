"""Ctrl-C and SIGTERM end a command alike: an exception is raised and its runs end as KILLED."""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

RETRY_SECONDS = 0.01

interrupted = threading.Event()
"""Set once a signal has arrived: a user who interrupts does not want to wait."""


class Terminated(KeyboardInterrupt):
    """Raised by SIGTERM: like Ctrl-C, but with an exit status of its own."""


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """While the block runs, SIGINT raises `KeyboardInterrupt` and SIGTERM raises `Terminated`.

    A signal that was ignored when the command started (nohup, a background job) stays ignored.
    """
    interrupted.clear()
    replaced = {
        number: signal.signal(number, _raise)
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler)
    }
    try:
        yield
    finally:
        for number, handler in replaced.items():
            signal.signal(number, handler)


def uninterrupted(call: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Make a call that an interrupt cannot cut short, and return its result.

    An interrupted database session may keep its lock, and then the run could not be ended.
    """
    return call(*arguments, **keywords)


UNINTERRUPTED = {uninterrupted.__code__, logging.Logger.handle.__code__}
"""Code that an interrupt waits for; if Rich is interrupted in a line, it may never print again."""


def exit_status(interrupt: KeyboardInterrupt) -> int:
    """The exit status that tells the shell which signal ended the command: 130 or 143."""
    return 128 + (signal.SIGTERM if isinstance(interrupt, Terminated) else signal.SIGINT)


def _raise(number: int, frame: FrameType | None) -> None:
    interrupted.set()
    if _must_wait(frame):
        signal.signal(signal.SIGALRM, lambda _, later: _raise(number, later))
        signal.setitimer(signal.ITIMER_REAL, RETRY_SECONDS)
        return
    raise Terminated if number == signal.SIGTERM else KeyboardInterrupt


def _must_wait(frame: FrameType | None) -> bool:
    """Whether an exception raised in this frame would do damage or be swallowed.

    Python only prints an exception raised in a `__del__` and carries on. MXNet frees every array
    in a `__del__`, so interrupts often land there. If they land in the `__init__` of such an
    array, the half-made array is freed too, and that error is printed.
    """
    while frame is not None:
        name = frame.f_code.co_name
        if name == "__del__" or frame.f_code in UNINTERRUPTED:
            return True
        # Ask the class: a half-made object may claim any attribute, or look for it forever.
        if name == "__init__" and hasattr(type(frame.f_locals.get("self")), "__del__"):
            return True
        frame = frame.f_back
    return False
