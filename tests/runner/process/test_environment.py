"""What MXNet computes with is chosen before it is imported, and written down with every run."""

import functools
import os
import subprocess
import sys

import pytest

from runner.process.environment import (
    CHOSEN_WORKERS,
    CPU_INFO,
    ENGINE_WORKERS,
    KERNEL,
    MOST_THREADS,
    THREADS,
    prepare,
)

COMPUTE = """
import runner.training
from mxnet import nd

ones = [nd.ones((256, 256)) for _ in range(4)]
for _ in range(100):
    products = [nd.dot(each, each) for each in ones]
assert all((product == 256).asnumpy().all() for product in products)

from runner.training.kernel import kernel_and_threads
print(*kernel_and_threads())
"""


@functools.cache
def computes_with(**setting):
    """The kernel and the threads of a process with these variables and no others of the kind.

    It has made products of which none depends on another.
    """
    unset = (KERNEL, THREADS, MOST_THREADS, ENGINE_WORKERS, CHOSEN_WORKERS)
    bare = {name: value for name, value in os.environ.items() if name not in unset}
    answer = subprocess.run(
        [sys.executable, "-c", COMPUTE],
        env={**bare, **setting},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    kernel, threads = answer.stdout.split()
    return kernel, int(threads)


EMPTY_KERNEL = {KERNEL: "", THREADS: "3"}
UNKNOWN_KERNEL = {KERNEL: "SkylakeX", MOST_THREADS: "2"}


@pytest.mark.skipif(
    " avx2 " not in CPU_INFO.read_text(errors="replace"), reason="this CPU has no AVX2"
)
@pytest.mark.parametrize(
    "setting", [{}, pytest.param(EMPTY_KERNEL, marks=pytest.mark.slow)], ids=["not set", "empty"]
)
def test_a_cpu_with_avx2_gets_the_haswell_kernel(setting):
    assert computes_with(**setting)[0] == "Haswell"


def test_numpy_s_own_openblas_chooses_its_kernel_itself():
    """NumPy 2.5.5 with MXNet's kernel ends some processes with a segmentation fault."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS")}
    code = (
        "from threadpoolctl import threadpool_info\n"
        "import os\n"
        "found = [one for one in threadpool_info() if one['user_api'] == 'blas']\n"
        "kernels = {one['architecture'] for one in found if 'mxnet' not in one['filepath']}\n"
        "print(os.environ.get('OPENBLAS_CORETYPE'), kernels)"
    )
    alone, beside_mxnet = (
        subprocess.run(
            [sys.executable, "-c", f"import {module}\n{code}"],
            env=bare,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for module in ("numpy", "runner.training")
    )
    assert alone == beside_mxnet
    assert beside_mxnet.startswith("None {")


@pytest.mark.slow
def test_the_kernel_told_is_the_one_in_use_not_the_one_asked_for():
    """MXNet's OpenBLAS has no kernel for AVX-512, and silently takes another."""
    assert computes_with(**UNKNOWN_KERNEL)[0] != "SkylakeX"


def test_a_process_has_no_more_threads_than_processors():
    assert 1 <= computes_with()[1] <= len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    "setting",
    [
        {THREADS: "2", ENGINE_WORKERS: "4"},
        *(pytest.param(one, marks=pytest.mark.slow) for one in ({}, EMPTY_KERNEL, UNKNOWN_KERNEL)),
    ],
    ids=str,
)
def test_products_that_do_not_depend_on_each_other_do_not_wait_for_each_other_for_ever(setting):
    """MXNet's OpenBLAS never ends one that meets another, if both are split over threads."""
    assert computes_with(**setting)


@pytest.mark.slow
@pytest.mark.parametrize("setting", [{}, {"MLFLOW_DISABLE_TELEMETRY": "false"}])
def test_nothing_is_sent_to_mlflow_s_makers(setting):
    """In a process of its own, where the tracking is the first to import MLflow."""
    code = (
        "import runner.tracking, mlflow.telemetry.client as client\n"
        "print(client.get_telemetry_client())"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")} | setting
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert answer.stdout == "None\n"


@pytest.mark.parametrize(
    ("setting", "chosen"),
    [
        ({}, ("2", "1")),
        ({THREADS: "", MOST_THREADS: ""}, ("2", "1")),
        ({ENGINE_WORKERS: "3"}, ("3", "1")),
        ({MOST_THREADS: "1", **dict.fromkeys((ENGINE_WORKERS, CHOSEN_WORKERS), "1")}, ("2", "1")),
        ({MOST_THREADS: "4"}, ("1", "4")),
        ({MOST_THREADS: "4", ENGINE_WORKERS: "3"}, ("1", "4")),
        ({THREADS: "1"}, ("1", None)),
        ({THREADS: "1", **dict.fromkeys((ENGINE_WORKERS, CHOSEN_WORKERS), "2")}, ("1", None)),
        ({THREADS: "1", ENGINE_WORKERS: "3"}, ("3", None)),
        ({THREADS: "2"}, ("1", None)),
        ({THREADS: "2", ENGINE_WORKERS: "3"}, ("1", None)),
    ],
)
def test_either_the_operations_have_several_threads_or_several_operations_have_one(
    monkeypatch, setting, chosen
):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3})
    for name in (THREADS, MOST_THREADS, ENGINE_WORKERS, CHOSEN_WORKERS):
        monkeypatch.delenv(name, raising=False)
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    prepare()
    assert (os.environ[ENGINE_WORKERS], os.environ.get(MOST_THREADS)) == chosen
