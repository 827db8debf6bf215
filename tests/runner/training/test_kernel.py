"""The kernel and the threads that MXNet computes with are written down with every run."""

import os
import subprocess
import sys

import pytest
from support.commands import TINY, runs_of, typed

from runner.process.environment import CPU_INFO

ASK = "import runner, runner.training.kernel as it; print(*it.kernel_and_threads())"


def kernel_and_threads(**environment):
    """What a new process computes with, given these variables and no others of the kind."""
    chosen = ("OPENBLAS_CORETYPE", "OMP_NUM_THREADS")
    bare = {key: value for key, value in os.environ.items() if key not in chosen}
    answer = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**bare, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    kernel, threads = answer.stdout.split()
    return kernel, int(threads)


@pytest.mark.skipif(
    " avx2 " not in CPU_INFO.read_text(errors="replace"), reason="this CPU has no AVX2"
)
@pytest.mark.parametrize("setting", [{}, {"OPENBLAS_CORETYPE": ""}])
def test_a_cpu_with_avx2_gets_the_haswell_kernel(setting):
    kernel, threads = kernel_and_threads(**setting)
    assert kernel == "Haswell"
    assert 1 <= threads <= len(os.sched_getaffinity(0))


def test_the_kernel_told_is_the_one_in_use_not_the_one_asked_for():
    """MXNet's OpenBLAS has no kernel for AVX-512, and silently takes another."""
    kernel, _ = kernel_and_threads(OPENBLAS_CORETYPE="SkylakeX")
    assert kernel != "SkylakeX"


@pytest.mark.parametrize(("given", "threads"), [("3", "3"), ("", "1")], ids=["3", "not set"])
def test_the_user_s_own_kernel_and_threads_are_used_and_tagged_with_every_run(
    folder, given, threads
):
    """A process of several trains in one thread, unless the user asks for more."""
    setting = {"OPENBLAS_CORETYPE": "Prescott", "OMP_NUM_THREADS": given}
    sweep = ("-m", "seed=1,2", "batch_size=64,128", "order_seed=1", *TINY)
    words = ("hydra/launcher=stacked", "hydra.launcher.n_jobs=2")
    assert typed(*sweep, *words, **setting)[0] == 0
    tags = [run.data.tags for run in runs_of(folder)]
    assert [(tag["blas_kernel"], tag["threads"]) for tag in tags] == [("Prescott", threads)] * 4
