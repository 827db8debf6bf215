"""What MXNet computes with in this process: its BLAS kernel and its threads."""

import ctypes
import os

from mxnet.base import _LIB

from runner.process import ENGINE_WORKERS, MOST_THREADS, THREADS


def kernel_and_threads() -> tuple[str, int]:
    """The kernel that MXNet's BLAS chose in this process, and how many threads compute."""
    threads = _LIB.omp_get_max_threads()
    if not os.environ.get(THREADS):
        threads = min(threads, int(os.environ[MOST_THREADS]))
    return _kernel(), threads * int(os.environ[ENGINE_WORKERS])


def _kernel() -> str:
    """The name of OpenBLAS's kernel, `other` where MXNet computes with another library.

    It is asked of the loaded library, not of the environment: one that this OpenBLAS does not have
    is silently replaced by another.
    """
    try:
        # Looked up through MXNet's own library, so that those it uses answer, not NumPy's.
        kernel = _LIB.openblas_get_corename
    except AttributeError:  # on aarch64, whose wheel is made for Arm's own library
        return "other"
    kernel.restype = ctypes.c_char_p
    return str(kernel().decode())
