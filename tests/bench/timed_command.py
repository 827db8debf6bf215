"""`lrstudy` with a stopwatch on its training; the seconds go to the file named first.

Only what this process trains itself is seen: `hydra.launcher.n_jobs=1`, or no launcher.
"""

import sys
import time
from pathlib import Path

from runner import training
from runner.commands import lrstudy as cli


def main():
    path = Path(sys.argv.pop(1))
    train_stack = training.train_stack
    seconds = 0.0

    def timed(*arguments):
        nonlocal seconds
        start = time.perf_counter()
        trained = train_stack(*arguments)
        seconds += time.perf_counter() - start
        return trained

    training.train_stack = timed
    cli.main()
    path.write_text(str(seconds))


if __name__ == "__main__":
    main()
