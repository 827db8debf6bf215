"""An interrupt is an exception, but not in the middle of what it would break."""

import logging
import os
import signal
import subprocess
import sys
import time
import weakref

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from support.signals import default_signals

from runner.process.interrupt import Terminated, interruptible
from runner.process.output import log
from runner.tracking.store import open_tracking


@pytest.mark.parametrize("moment", ["__init__", "__del__"])
def test_an_interrupt_while_an_array_is_made_or_freed_waits_until_that_is_done(moment):
    """Python prints an exception raised in `__del__` and goes on; MXNet's arrays have one."""

    class Array:
        def __init__(self):
            self.reach("__init__")
            self.handle = 1

        def __del__(self):
            self.reach("__del__")
            assert self.handle == 1

        def reach(self, name):
            if name == moment:
                os.kill(os.getpid(), signal.SIGTERM)
                sum(range(1000))

    def work():
        Array()
        time.sleep(10)

    with default_signals(), interruptible(), pytest.raises(Terminated):
        work()


def test_an_interrupt_that_python_swallows_comes_again():
    """Python prints an exception raised in the callback of a weak reference and goes on."""

    class Key:
        pass

    def callback(_):
        os.kill(os.getpid(), signal.SIGTERM)
        sum(range(1000))

    def work():
        key = Key()
        reference = weakref.ref(key, callback)
        del key
        time.sleep(10)
        return reference

    before = sys.unraisablehook
    with default_signals(), interruptible(), pytest.raises(Terminated):
        work()
    assert sys.unraisablehook is before


def test_an_interrupt_asks_a_half_made_object_for_nothing():
    """SQLAlchemy's dispatchers look for what they lack in themselves, without end."""

    class Dispatcher:
        def __init__(self):
            os.kill(os.getpid(), signal.SIGTERM)
            self.local = self

        def __getattr__(self, name):
            return getattr(self.local, name)

    with default_signals(), interruptible(), pytest.raises(Terminated):
        Dispatcher()


def test_an_interrupt_does_not_break_off_what_goes_on_in_the_store(folder):
    """A session broken off may keep the database locked, so that the run cannot end as KILLED."""
    tracking = open_tracking("sqlite:///mlflow.db", "lr-study")
    reached = []

    def interrupt(*_):
        os.kill(os.getpid(), signal.SIGTERM)
        sum(range(1000))
        reached.append(True)

    def work():
        with tracking.run("one", {}) as run_log:
            event.listen(Engine, "before_cursor_execute", interrupt, once=True)
            run_log.log(metrics={0: {"test_acc": 0.5}})
            time.sleep(10)

    with default_signals(), interruptible(), pytest.raises(Terminated):
        work()
    assert reached
    (run,) = tracking.runs("")
    assert (run.info.status, run.data.metrics) == ("KILLED", {"test_acc": 0.5})


def test_an_interrupt_does_not_break_off_a_printed_line():
    """Rich counts the lines begun; one that does not end keeps all others back."""
    reached = []

    class Interrupted(logging.Handler):
        def emit(self, record):
            os.kill(os.getpid(), signal.SIGTERM)
            sum(range(1000))
            reached.append(record.getMessage())

    def work():
        log.warning("Epoch 1.")
        time.sleep(10)

    handler = Interrupted()
    log.addHandler(handler)
    try:
        with default_signals(), interruptible(), pytest.raises(Terminated):
            work()
    finally:
        log.removeHandler(handler)
    assert reached == ["Epoch 1."]


STUCK = """
import ctypes, os, signal
from runner.process import command, interrupt

interrupt.GRACE_SECONDS = 0.2
mutex = ctypes.create_string_buffer(64)
lock = ctypes.CDLL(None).pthread_mutex_lock
with command("lrstudy", "nothing is lost"):
    lock(mutex)
    os.kill(os.getpid(), signal.{})
    lock(mutex)
"""


@pytest.mark.parametrize(("number", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_an_interrupt_ends_a_process_whose_library_never_returns(number, status):
    """As MXNet's OpenBLAS, which asks for memory for ever where there is none."""
    with default_signals():
        said = subprocess.run(
            [sys.executable, "-c", STUCK.format(number)], capture_output=True, text=True, timeout=60
        )
    line = "lrstudy: interrupted; nothing is lost\n"
    assert (said.returncode, said.stdout, said.stderr) == (status, "", line)
