"""The same epoch trained by each contender: who takes part, and that all compute the same."""

import numpy as np

from bench.peer import cores

NAMES = {
    "dataloader": "DataLoader program",
    "mxnet": "ours",
    "numpy": "NumPy",
    "torch": "PyTorch",
    "tutorial": "PyTorch as in tutorials",
    "jax": "JAX",
}
SAME = 1e-4
"""How far the mean loss of an epoch may lie from ours, relative: float32 summed otherwise."""


def there(bench, kinds):
    """Those of the contenders that are installed."""
    return [kind for kind in kinds if bench.pool.has(kind)]


def variants(bench, kind):
    """A contender by name: with the threads it takes of itself, and with one for each core."""
    own = bench.pool.peer(kind)
    if kind == "dataloader" or own.about["threads"] == cores():
        return {NAMES[kind]: own}
    return {NAMES[kind]: own, f"{NAMES[kind]}, {cores()} threads": bench.pool.peer(kind, cores())}


def described(bench):
    """Each contender that has been started: library, kernel and threads."""
    return [
        f"{NAMES[kind]}: {peer.about['library']}, kernel {peer.about['kernel']}, "
        f"{peer.about['threads']} threads ({'its own choice' if threads is None else 'set'})"
        for (kind, threads, number), peer in bench.pool.peers.items()
        if number == 0
    ]


def first_losses(replies):
    """The mean losses of the first epoch, from the first of a contender's replies."""
    return np.array(replies[0]["first_losses"])


def check_same(bench, what, ours, theirs):
    """Assert that contenders' mean losses of the first epoch are ours; remark how near.

    `ours` are our losses (k,), `theirs` those of each other contender by name.
    """
    apart = {name: float(np.max(np.abs(losses / ours - 1))) for name, losses in theirs.items()}
    farthest = max(apart, key=apart.__getitem__)
    told = f"{what}: the mean losses of the first epoch beside ours, at most {apart[farthest]:.0e} "
    assert apart[farthest] < SAME, f"{told}({farthest}) relative"
    bench.report.remark(f"{told}apart, relative ({len(apart)} others).")
