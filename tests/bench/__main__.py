"""`python tests/bench`: the command of `make bench`."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # the tests' folder: this is its package

from bench.cli import main  # noqa: E402  # the path above comes first

main()
