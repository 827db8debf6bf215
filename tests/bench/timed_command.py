"""`lrstudy` with a stopwatch on its training; the seconds go to the file named first.

Only what this process trains itself is seen: `hydra.launcher.n_jobs=1`, or no launcher.
"""

import sys
import time
from pathlib import Path

from runner import cli, run, spread


def main():
    path = Path(sys.argv.pop(1))
    train_stack = run.train_stack
    seconds = 0.0

    def timed(*arguments):
        import runner.postmortem  # noqa: F401  # MXNet: importing it is no training

        nonlocal seconds
        start = time.perf_counter()
        trained = train_stack(*arguments)
        seconds += time.perf_counter() - start
        return trained

    run.train_stack = spread.train_stack = timed
    cli.main()
    path.write_text(str(seconds))


if __name__ == "__main__":
    main()
