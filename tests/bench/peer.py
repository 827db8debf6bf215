"""The bench's side of a contender: a child process that trains an epoch when asked to."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from runner.training.lesson import init_parameters

TESTS = Path(__file__).resolve().parents[1]
PEERS = TESTS.parent / ".venv-bench"
"""The environment that `make peers` makes."""

OURS = ("dataloader", "mxnet")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
PATIENCE = 5.0
"""Seconds in which a child must have ended once its input has."""


def cores():
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0))


def write_arrays(folder, splits, seed):
    """Write what all contenders train on, and the parameters that MXNet draws from `seed`."""
    for name, split in zip(("", "test_"), splits, strict=True):
        np.save(folder / f"{name}images.npy", split.images.reshape(-1, 784))
        np.save(folder / f"{name}labels.npy", split.labels.astype(np.int64))
    for name, values in zip("Wb", init_parameters(seed, 1.0), strict=True):
        np.save(folder / f"{name}.npy", values.asnumpy())


class Peer:
    """One child process; `about` is its library, its BLAS kernel and its threads."""

    def __init__(self, kind, python, folder, threads):
        chosen = {} if threads is None else dict.fromkeys(THREADS, str(threads))
        environment = {**os.environ, "PYTHONPATH": str(TESTS), **chosen}
        if kind not in OURS:  # it is the runner's, for MXNet's old OpenBLAS
            environment.pop("OPENBLAS_CORETYPE", None)
        self.process = subprocess.Popen(
            [python, "-m", f"bench.peer_{kind}", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        try:
            self.about = self.receive()
        except BaseException:
            self.close()
            raise

    def send(self, request):
        print(json.dumps(request), file=self.process.stdin, flush=True)

    def receive(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args} ended with status {self.process.wait()}")
        return json.loads(line)

    def ask(self, request):
        self.send(request)
        return self.receive()

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Pool:
    """The contenders of a bench, each started when it is first asked for; all end with the block.

    With `threads` None a library takes as many threads as it does of itself.
    """

    def __init__(self, folder):
        self.folder = folder
        self.peers = {}
        self.stack = ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()

    def peer(self, kind, threads=None, number=0):
        key = kind, threads, number
        if key not in self.peers:
            peer = Peer(kind, self._python(kind), self.folder, threads)
            self.stack.callback(peer.close)
            self.peers[key] = peer
        return self.peers[key]

    @staticmethod
    def has(kind):
        """Whether its library is installed; NumPy always is."""
        return kind in (*OURS, "numpy") or (PEERS / "installed").exists()

    @staticmethod
    def _python(kind):
        there = kind not in OURS and (PEERS / "installed").exists()
        return str(PEERS / "bin" / "python") if there else sys.executable
