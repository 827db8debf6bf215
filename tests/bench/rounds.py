"""Contenders measured in turn: a machine drifts, and a ratio within a round does not mind."""

import time

PAUSE = 0.2
"""Seconds between two contenders: the threads of some libraries spin for a while after work."""


def interleaved(contenders, rounds, what):
    """What each contender (a function, by name) returns in each of several rounds."""
    seen = {name: [] for name in contenders}
    for number in range(1, rounds + 1):
        print(f"{what}: round {number} of {rounds}", flush=True)
        for name, measure in contenders.items():
            seen[name].append(measure())
            time.sleep(PAUSE)
    return seen
