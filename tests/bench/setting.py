"""What all parts of the bench share: the data, the contenders, the report; and the machine."""

import datetime
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.peer import THREADS, Pool, cores
from bench.results import Report
from runner.data.files import Split
from runner.process.environment import machine, versions


@dataclass(frozen=True)
class Bench:
    """One invocation: `rounds` of everything, on `train_split` and `test_split`.

    `folder` is a temporary one.
    """

    rounds: int
    train_split: Split
    test_split: Split
    folder: Path
    pool: Pool
    report: Report

    @property
    def limits(self):
        """The keys with which a command uses the same data."""
        return (
            f"data.train_limit={len(self.train_split.labels)}",
            f"data.test_limit={len(self.test_split.labels)}",
        )

    def empty_folder(self, name):
        """A new folder for the runs of a command."""
        folder = self.folder / name
        folder.mkdir()
        return folder


def head():
    """The machine, the versions, when, and what the environment asks for."""
    asked = {name: os.environ[name] for name in THREADS if name in os.environ}
    return {
        "machine": machine(),
        "cores in use": cores(),
        "versions": versions(),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "command": shlex.join(["python", "tests/bench", *sys.argv[1:]]),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "threads asked for": " ".join(f"{name}={value}" for name, value in asked.items()) or "none",
    }
