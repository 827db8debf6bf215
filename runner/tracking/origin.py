"""Where a run comes from: user, machine, process, versions, and the commit of its program."""

import subprocess
from functools import lru_cache
from pathlib import Path

from runner.process import machine, this_process, user, versions

PID = "mlflow.source.pid"
PROCESS_START = "mlflow.source.process_start"
"""Tags that serve the program. MLflow's UI lists no tag that begins with `mlflow.`."""

SOURCE = "lrstudy"
"""The program's name in the tag `mlflow.source.name` of its runs."""


def origin_tags() -> dict[str, str]:
    """The tags that say where a run comes from, including its process."""
    return {**environment_tags(), **process_tags()}


@lru_cache(maxsize=1)
def environment_tags() -> dict[str, str]:
    """User, machine, versions, and the git commit of the program or else of the current folder."""
    tags = {
        "mlflow.user": user(),
        "mlflow.source.name": SOURCE,
        "mlflow.source.type": "LOCAL",
        "machine": machine(),
        "versions": versions(),
    }
    for folder in (Path(__file__).parent, Path.cwd()):
        commit = _git(folder, "rev-parse", "HEAD")
        if commit:
            changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
            return tags | {
                "mlflow.source.git.commit": commit,
                "dirty": "true" if changes else "false",
            }
    return tags


def process_tags() -> dict[str, str]:
    """The tags that later tell whether the process of a run is still alive."""
    process = this_process()
    return {"host": process.host, PID: str(process.pid), PROCESS_START: process.start}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        result = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()
