"""What MXNet computes with is chosen before it is imported, and written down with every run."""

import os
import subprocess
import sys

import pytest
from support.commands import TINY, runs_of, typed

from runner.process.environment import (
    CPU_INFO,
    ENGINE_WORKERS,
    MOST_THREADS,
    OUR_CHOICE,
    THREADS,
    prepare,
)

ASK = "import runner, runner.training.kernel as it; print(*it.kernel_and_threads())"


PRODUCTS = """
import runner.training
from mxnet import nd

ones = [nd.ones((256, 256)) for _ in range(4)]
for _ in range(100):
    products = [nd.dot(each, each) for each in ones]
assert all((product == 256).asnumpy().all() for product in products)
"""


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


@pytest.mark.parametrize(
    ("setting", "chosen"),
    [
        ({}, ("2", "1")),
        ({THREADS: "", MOST_THREADS: ""}, ("2", "1")),
        ({ENGINE_WORKERS: "3"}, ("3", "1")),
        ({MOST_THREADS: "1", **dict.fromkeys((ENGINE_WORKERS, OUR_CHOICE), "1")}, ("2", "1")),
        ({MOST_THREADS: "4"}, ("1", "4")),
        ({MOST_THREADS: "4", ENGINE_WORKERS: "3"}, ("1", "4")),
        ({THREADS: "1"}, ("1", None)),
        ({THREADS: "1", **dict.fromkeys((ENGINE_WORKERS, OUR_CHOICE), "2")}, ("1", None)),
        ({THREADS: "1", ENGINE_WORKERS: "3"}, ("3", None)),
        ({THREADS: "2"}, ("1", None)),
        ({THREADS: "2", ENGINE_WORKERS: "3"}, ("1", None)),
    ],
)
def test_either_the_operations_have_several_threads_or_several_operations_have_one(
    monkeypatch, setting, chosen
):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3})
    for name in (THREADS, MOST_THREADS, ENGINE_WORKERS, OUR_CHOICE):
        monkeypatch.delenv(name, raising=False)
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    prepare()
    assert (os.environ[ENGINE_WORKERS], os.environ.get(MOST_THREADS)) == chosen


@pytest.mark.parametrize(
    "setting",
    [{}, {THREADS: "3"}, {MOST_THREADS: "2"}, {THREADS: "2", ENGINE_WORKERS: "4"}],
    ids=str,
)
def test_products_that_do_not_depend_on_each_other_do_not_wait_for_each_other_for_ever(setting):
    """MXNet's OpenBLAS never ends one that meets another, if both are split over threads."""
    unset = (THREADS, MOST_THREADS, ENGINE_WORKERS, OUR_CHOICE)
    bare = {name: value for name, value in os.environ.items() if name not in unset}
    command = [sys.executable, "-c", PRODUCTS]
    subprocess.run(command, env={**bare, **setting}, check=True, timeout=120)
