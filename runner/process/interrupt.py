"""Ctrl-C and SIGTERM end a command the same way: by an exception that lets runs end as KILLED."""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

RETRY_SECONDS = 0.01

interrupted = threading.Event()
"""Set once a signal has come: whoever interrupts does not want to wait for anything."""


class Terminated(KeyboardInterrupt):
    """SIGTERM: what Ctrl-C does, but the command says so in its exit status."""


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """SIGINT raises `KeyboardInterrupt` and SIGTERM `Terminated` while the block runs.

    A signal that the command was started to ignore (nohup, a shell's background) stays ignored.
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
    """What a call returns; an interrupt waits for its end.

    A database session that is broken off may keep its lock, so that the run could not end.
    """
    return call(*arguments, **keywords)


UNINTERRUPTED = {uninterrupted.__code__, logging.Logger.handle.__code__}
"""A line that is broken off as it is printed may keep Rich from printing any other."""


def exit_status(interrupt: KeyboardInterrupt) -> int:
    """The exit status that tells a shell which signal ended the command: 130 or 143."""
    return 128 + (signal.SIGTERM if isinstance(interrupt, Terminated) else signal.SIGINT)


def _raise(number: int, frame: FrameType | None) -> None:
    interrupted.set()
    if _must_wait(frame):
        signal.signal(signal.SIGALRM, lambda _, later: _raise(number, later))
        signal.setitimer(signal.ITIMER_REAL, RETRY_SECONDS)
        return
    raise Terminated if number == signal.SIGTERM else KeyboardInterrupt


def _must_wait(frame: FrameType | None) -> bool:
    """Whether an exception raised here would break something, or be printed and not end anything.

    Python prints one that is raised in a `__del__`, and goes on. MXNet frees every array in one,
    so an interrupt meets it often. An array whose making is broken off is freed as well, and the
    error of that is printed.
    """
    while frame is not None:
        name = frame.f_code.co_name
        if name == "__del__" or frame.f_code in UNINTERRUPTED:
            return True
        # The class is asked: half an object may answer to any name, or never stop looking for it.
        if name == "__init__" and hasattr(type(frame.f_locals.get("self")), "__del__"):
            return True
        frame = frame.f_back
    return False
