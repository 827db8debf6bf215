"""Work that a test shares out to processes, which import it from here."""

import os
import signal
import time


def who(shared, item):
    """The process that did the item, with both; what takes as long as `item` says, in seconds."""
    time.sleep(item)
    return os.getpid(), shared, item


def refuse(shared, item):
    """Fails at the item that is shared."""
    time.sleep(0.2)
    if item == shared:
        raise ZeroDivisionError(item)
    return item


def die(shared, item):
    """The process ends at once, unless it is the one that is shared."""
    if os.getpid() != shared:
        os._exit(1)
    time.sleep(0.5)
    return item


def inherited(shared, item):
    """The process, its threads as the environment says, and whether Ctrl-C is blocked in it."""
    time.sleep(0.2)
    blocked = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    return os.getpid(), os.environ.get("OMP_NUM_THREADS"), blocked
