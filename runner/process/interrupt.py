"""Ctrl-C, SIGTERM and SIGHUP end a command alike: an exception ends its runs as KILLED."""

import contextlib
import logging
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

RETRY_SECONDS = 0.01

GRACE_SECONDS = 60.0
"""How long an interrupted command may take to end, as it may for a scheduler to end its jobs."""

OVER = 0
"""No signal's number: the block of `interruptible` has ended."""

interrupted = threading.Event()
"""Set once a signal has arrived: a user who interrupts does not want to wait."""


_replaced: dict[int, Any] = {}
"""The signals that interrupt the command now, and what each did before."""


class Terminated(KeyboardInterrupt):
    """Raised by SIGTERM and SIGHUP: like Ctrl-C, but with an exit status of its own."""

    def __init__(self, number: int = signal.SIGTERM) -> None:
        super().__init__()
        self.number = number


@contextlib.contextmanager
def interruptible(last_line: str = "") -> Iterator[None]:
    """While the block runs, SIGINT raises `KeyboardInterrupt`, SIGTERM and SIGHUP `Terminated`.

    A signal that was ignored when the command started (nohup, a background job) stays ignored. One
    that arrives where Python swallows exceptions, as in the callback of a weak reference, raises
    once more. Python raises nothing while a library does not return. So if the block has not ended
    `GRACE_SECONDS` after a signal, `last_line` is written to stderr and the process ends as if
    killed.
    """
    interrupted.clear()
    for number in SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            _replaced[number] = signal.signal(number, _raise)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    watch = threading.Thread(target=_end_overdue, args=(reader, last_line), daemon=True)
    watch.start()
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    hook = sys.unraisablehook
    sys.unraisablehook = _raising_again(hook)
    try:
        yield
    finally:
        sys.unraisablehook = hook
        signal.set_wakeup_fd(before)
        signal.setitimer(signal.ITIMER_REAL, 0)
        while _replaced:
            signal.signal(*_replaced.popitem())
        os.write(writer, bytes([OVER]))
        watch.join()
        os.close(reader)
        os.close(writer)


def interrupt() -> None:
    """Interrupt the command as SIGTERM would, from any of its threads; nothing where it cannot."""
    if _replaced:
        os.kill(os.getpid(), signal.SIGTERM)


def _end_overdue(reader: int, last_line: str) -> None:
    """End the process if, in time after a signal's number, no `OVER` can be read."""
    while (number := os.read(reader, 1)[0]) not in _replaced:
        if number == OVER:
            return
    end = time.monotonic() + GRACE_SECONDS
    while select.select([reader], [], [], max(0.0, end - time.monotonic()))[0]:
        if os.read(reader, 1)[0] == OVER:
            return
    with contextlib.suppress(OSError):
        os.write(2, last_line.encode())
    os._exit(128 + number)


def uninterrupted(call: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Make a call that an interrupt cannot cut short, and return its result.

    An interrupted database session may keep its lock, and then the run could not be ended.
    """
    return call(*arguments, **keywords)


UNINTERRUPTED = {uninterrupted.__code__, logging.Logger.handle.__code__}
"""Code that an interrupt waits for; if Rich is interrupted in a line, it may never print again."""


def exit_status(interrupt: KeyboardInterrupt) -> int:
    """The exit status that tells the shell which signal ended the command: 130, 143 or 129."""
    return 128 + (interrupt.number if isinstance(interrupt, Terminated) else signal.SIGINT)


def _raise(number: int, frame: FrameType | None) -> None:
    interrupted.set()
    if _must_wait(frame):
        _raise_later(number)
        return
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated(number)


def _raise_later(number: int) -> None:
    signal.signal(signal.SIGALRM, lambda _, later: _raise(number, later))
    signal.setitimer(signal.ITIMER_REAL, RETRY_SECONDS)


def _raising_again(hook: Callable[..., Any]) -> Callable[..., None]:
    """A hook for exceptions that Python swallows: an interrupt comes again, all else as before."""

    def swallowed(unraisable: Any) -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            _raise_later(exit_status(unraisable.exc_value) - 128)
        else:
            hook(unraisable)

    return swallowed


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
