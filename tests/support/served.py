"""The UI as its command serves it, in a process of its own."""

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

from support.signals import default_signals

COMMAND = Path(sys.executable).with_name("lrstudy-ui")


@contextlib.contextmanager
def served(folder, *words, **environment):
    """Type `lrstudy-ui WORDS` in a folder; gives the process and the link that it printed."""
    with default_signals():
        process = subprocess.Popen(
            [COMMAND, *words],
            cwd=folder,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        said = ""
        for line in process.stdout:
            said += line
            link = re.search(r"MLflow's UI: (http://\S+)", line)
            if link:
                process.stdout.readline()  # how to stop it
                assert said == line, said
                yield process, link.group(1)
                break
        else:
            raise AssertionError(f"no link was printed: {said}")
    finally:
        process.terminate()
        process.communicate(timeout=240)
