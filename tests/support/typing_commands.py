"""Commands typed in the process of the test."""

import logging
import sys

import pytest
from joblib.externals.loky import reusable_executor

SMALL = ("data.train_limit=2048", "data.test_limit=512", "epochs=2")


class Typed:
    """What a typed command answered."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


def type_command(main, capsys, program, *words):
    """Call a command's `main` in this process as if its words were typed.

    Handlers that it gave the log are closed: they would write to a stream that ends with the test.
    So are joblib's workers, which outlive a sweep: the next one's runs would land in their folder.
    """
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [program, *words])
        status = 0
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        finally:
            if reusable_executor._executor is not None:
                reusable_executor._executor.shutdown(kill_workers=True)
            root.setLevel(level)
            for handler in set(root.handlers) - set(handlers):
                root.removeHandler(handler)
                handler.close()
    captured = capsys.readouterr()
    return Typed(status, captured.out, captured.err)
