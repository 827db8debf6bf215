"""Commands as a user types them, timed from their start to their end."""

import os
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent


def typed(folder, *words, program="lrstudy"):
    """Run one of our commands in a folder; its seconds and its output."""
    return timed(folder, str(BIN / program), *words)


def timed(folder, *command):
    """Run a command in a folder; its seconds and its output.

    Raises `RuntimeError` with what it said where it fails.
    """
    start = time.perf_counter()
    ended = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if ended.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {ended.stdout[-500:]}{ended.stderr}")
    return seconds, ended.stdout


def seconds_to(text, folder, *words):
    """The seconds from a command's start to the first line that begins with `text`."""
    start = time.perf_counter()
    with subprocess.Popen(
        [str(BIN / "lrstudy"), *words],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stdout:
            if line.startswith(text):
                seconds = time.perf_counter() - start
                process.communicate()
                return seconds
    raise RuntimeError(f"lrstudy {' '.join(words)} said no line that begins with {text}")


def environment():
    """This process's, without a tracking server: a command logs into its own folder."""
    return {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
