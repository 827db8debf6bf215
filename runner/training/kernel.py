"""What MXNet computes with in this process: its BLAS kernel and its threads."""

import ctypes
import os

from mxnet.base import _LIB

from runner.process import ENGINE_WORKERS, MOST_THREADS, THREADS


def kernel_and_threads() -> tuple[str, int]:
    """The kernel that MXNet's OpenBLAS chose in this process, and how many threads compute.

    The kernel is asked of the loaded library, not of the environment: one that this OpenBLAS
    does not have is silently replaced by another.
    """
    # Looked up through MXNet's own library, so that those it uses answer, not NumPy's.
    kernel = _LIB.openblas_get_corename
    kernel.restype = ctypes.c_char_p
    threads = _LIB.omp_get_max_threads()
    if not os.environ.get(THREADS):
        threads = min(threads, int(os.environ[MOST_THREADS]))
    return kernel().decode(), threads * int(os.environ[ENGINE_WORKERS])
