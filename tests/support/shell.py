"""Commands typed into a shell: with pipes, closed streams and limits."""

import os
import subprocess
import sys
from pathlib import Path

from support.signals import default_signals


def shell(script, program, *words):
    """Run a script of `sh` in which "$@" is one of our commands with its words."""
    command = [str(Path(sys.executable).with_name(program)), *words]
    with default_signals():
        return subprocess.run(
            ["sh", "-c", script, "sh", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=500,
            env={**os.environ, "PYTHONFAULTHANDLER": "1"},
        )
