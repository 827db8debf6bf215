"""What every command does around its work: streams, signals, and one line for an error."""

import contextlib
import signal
import sys
from collections.abc import Iterator

from runner.process.errors import DifferenceError, InputError, SweepError
from runner.process.full_disk import disk_full_error
from runner.process.interrupt import exit_status, interruptible
from runner.process.limits import limit_error, require_descriptors
from runner.process.output import clean_streams, print_error
from runner.process.start import start_command
from runner.process.streams import standard_streams

at_end = contextlib.ExitStack()
"""What is to be called when the command ends, however it does."""

FAILED = 1
BAD_INPUT = 2


@contextlib.contextmanager
def command(program: str, afterwards: str) -> Iterator[None]:
    """Run the block as the command `program`: what a user can mend ends it with one line.

    The exit status is 2 for bad input, a full disk and a limit of the process, 1 for runs that
    failed, and 128 plus its number for a signal; SIGPIPE stands for output that nobody can read.
    `afterwards` is what an interrupt's line says besides. Other errors are raised.
    """
    with standard_streams() as lost:
        clean_streams()
        try:
            with interruptible(f"{program}: interrupted; {afterwards}\n"):
                try:
                    start_command()
                    require_descriptors()
                    with at_end:
                        yield
                finally:
                    sys.stdout.flush()  # while a lost stream can still interrupt
        except KeyboardInterrupt as interrupt:
            why = f": its output cannot be written ({lost[0].strerror})" if lost else ""
            status = 128 + signal.SIGPIPE if lost else exit_status(interrupt)
            line = f"interrupted{why}; {afterwards}"
        except (SweepError, DifferenceError) as error:
            status, line = FAILED, str(error)
        except Exception as error:
            known = error if isinstance(error, InputError) else None
            known = known or disk_full_error(error) or limit_error(error)
            if known is None:
                raise
            status, line = BAD_INPUT, str(known)
        else:
            return
        print_error(program, line)
        raise SystemExit(status)
