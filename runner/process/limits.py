"""Limits that the system sets a process (`ulimit`): checked first, and told in one line.

Out of address space MXNet does not raise an error. It crashes, or its OpenBLAS asks for memory
again and again.
"""

import errno
import os
import resource

from runner.process.errors import InputError, causes_of

DESCRIPTORS = 48
"""Files that a command must be able to open; at most 28 were seen, in a sweep of two processes."""

ADDRESS_SPACE = 3 * 10**9
"""Bytes that a training or a report may need; on two processors both took 2.5 GB."""

OUT_OF_MEMORY = (
    "Cannot allocate memory",  # the C library
    "failed to map segment",  # the loader of libraries
    "Failed to allocate CPU Memory",  # MXNet
)
OUT_OF_DESCRIPTORS = "Too many open files"


def require_descriptors() -> None:
    """Raise `InputError` where this process may not open `DESCRIPTORS` more files."""
    opened: list[int] = []
    try:
        while len(opened) < DESCRIPTORS:
            opened.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        raise limit_error(error) or error from error
    finally:
        for number in opened:
            os.close(number)


def require_memory() -> None:
    """Raise `InputError` where this process may not use `ADDRESS_SPACE` bytes."""
    for option, limit in (("v", resource.RLIMIT_AS), ("d", resource.RLIMIT_DATA)):
        soft, _ = resource.getrlimit(limit)
        if soft != resource.RLIM_INFINITY and soft < ADDRESS_SPACE:
            raise InputError(
                f"this process may use {soft / 1e9:.1f} GB of memory (ulimit -{option}), and needs "
                f"{ADDRESS_SPACE / 1e9:.0f}; allow it more: ulimit -{option} unlimited"
            )


def limit_error(error: BaseException) -> InputError | None:
    """The `InputError` to raise if `error` comes from a limit on memory or files, else None."""
    for cause in causes_of(error):
        number = cause.errno if isinstance(cause, OSError) else None
        text = str(cause)
        if (
            isinstance(cause, MemoryError)
            or number == errno.ENOMEM
            or any(one in text for one in OUT_OF_MEMORY)
        ):
            return InputError(
                "there is not enough memory; allow this process more (ulimit -v, the memory of a "
                "container or job) and start the command again"
            )
        if number in (errno.EMFILE, errno.ENFILE) or OUT_OF_DESCRIPTORS in text:
            soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
            return InputError(
                f"too many files are open: this process may open {soft} (ulimit -n); allow it "
                "more, such as ulimit -n 1024, and start the command again"
            )
    return None
