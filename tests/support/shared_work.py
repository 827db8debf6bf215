"""Work that a test shares out to processes, which import it from here."""

import os
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
