"""Ctrl-C and SIGTERM end a command the same way: by an exception that lets runs end as KILLED."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

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


def status_of(interrupt: KeyboardInterrupt) -> int:
    """The exit status that tells a shell which signal ended the command: 130 or 143."""
    return 128 + (signal.SIGTERM if isinstance(interrupt, Terminated) else signal.SIGINT)


def _raise(number: int, frame: FrameType | None) -> None:
    interrupted.set()
    if _exceptions_are_lost(frame):
        signal.signal(signal.SIGALRM, lambda _, later: _raise(number, later))
        signal.setitimer(signal.ITIMER_REAL, RETRY_SECONDS)
        return
    raise Terminated if number == signal.SIGTERM else KeyboardInterrupt


def _exceptions_are_lost(frame: FrameType | None) -> bool:
    """Whether Python would print an exception raised here and go on: in a `__del__`.

    MXNet frees every array in one, so an interrupt meets it often. An array whose making is
    broken off is freed as well, and the error of that is printed.
    """
    while frame is not None:
        name = frame.f_code.co_name
        if name == "__del__":
            return True
        if name == "__init__" and hasattr(frame.f_locals.get("self"), "__del__"):
            return True
        frame = frame.f_back
    return False
