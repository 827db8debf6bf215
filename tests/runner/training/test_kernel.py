"""The kernel and the threads that MXNet computes with are written down with every run."""

import pytest
from support.commands import TINY, runs_of, typed


@pytest.mark.slow
def test_the_user_s_own_kernel_and_threads_are_used_and_tagged_with_every_run(folder):
    """Also in a process of several, which of itself trains in one thread."""
    setting = {"OPENBLAS_CORETYPE": "Prescott", "OMP_NUM_THREADS": "3"}
    sweep = ("-m", "seed=1,2", "batch_size=64,128", "order_seed=1", *TINY)
    words = ("hydra/launcher=stacked", "hydra.launcher.n_jobs=2")
    assert typed(*sweep, *words, **setting)[0] == 0
    tags = [run.data.tags for run in runs_of(folder)]
    assert [(tag["blas_kernel"], tag["threads"]) for tag in tags] == [("Prescott", "3")] * 4
