"""What `make study` does once all is installed: its presets and the report; then both once more."""

import re
from itertools import count

from bench.commands import typed
from bench.peer import TESTS
from bench.results import Goal
from bench.rounds import interleaved

SECTION = "make study, installed and with the data: all its runs, and the report"
STUDY, AGAIN = "in an empty folder", "again, nothing to train"


def measure(bench):
    """From the first command to the end of the last, as the Makefile types them."""
    makefile = (TESTS.parent / "Makefile").read_text()
    presets = re.search(r"^STUDY := (\S+)$", makefile, re.MULTILINE).group(1)
    numbers = count()
    folder = None

    def study():
        nonlocal folder
        folder = bench.empty_folder(f"study {next(numbers)}")
        return again()

    def again():
        trained, _ = typed(folder, f"+experiment={presets}", *bench.limits)
        return trained + typed(folder, program="lrstudy-report")[0]

    goals = {STUDY: Goal("at most", 240), AGAIN: Goal("at most", 15)}
    for name, seconds in interleaved({STUDY: study, AGAIN: again}, bench.rounds, SECTION).items():
        bench.report.add(SECTION, name, "s", seconds, goals[name])
