"""Settings that must stand in the environment before MXNet and MLflow are imported.

And what this environment is, for the record.
"""

import atexit
import ctypes
import gc
import getpass
import logging
import os
import platform
import re
from importlib import metadata
from pathlib import Path

MLFLOW_SETTINGS = {
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",  # silent ones; runner.patience tries again, and says so
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}

RECORDED = ("lrstudy", "mxnet", "numpy", "hydra-core", "mlflow")
"""The packages whose versions a run records."""

ENGINE_WORKERS = "MXNET_CPU_WORKER_NTHREADS"
OUR_CHOICE = "LRSTUDY_ENGINE_WORKERS"
"""What `prepare` chose, so that it is not taken for the user's own setting."""

CPU_INFO = Path("/proc/cpuinfo")


def prepare() -> None:
    """Make MLflow quiet and private, give MXNet a fast matrix product and threads to suit.

    MXNet 1.9.1 carries OpenBLAS 0.3.13, which does not know recent CPUs and then falls
    back to its slowest kernel; on a CPU with AVX2 the Haswell kernel is the right one.
    A user's own setting is respected, but nothing is sent to MLflow's makers. An *empty*
    `OPENBLAS_CORETYPE` is no setting: it makes numpy 1.23.5's float64 product wrong, so it is
    replaced or removed.
    """
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        os.environ.pop("MLFLOW_TRACKING_URI", None)  # set but empty is not set
    _choose_engine_workers()
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # whatever the shell says
    for name, value in MLFLOW_SETTINGS.items():
        os.environ.setdefault(name, value)
    # Of a database's errors MLflow prints the tracebacks, and then raises them all the same.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    if not os.environ.get("OPENBLAS_CORETYPE"):
        os.environ.pop("OPENBLAS_CORETYPE", None)
        if _cpu_has_avx2():
            os.environ["OPENBLAS_CORETYPE"] = "Haswell"


def _choose_engine_workers() -> None:
    """Let MXNet take a batch while it computes with the one before.

    Its engine has one worker thread unless told otherwise; where this process has more than one
    processor (a launcher says so in `OMP_NUM_THREADS`) two are as fast or faster, with the same
    figures. A process that another one of ours has started chooses anew.
    """
    chosen = os.environ.get(ENGINE_WORKERS)
    if chosen and chosen != os.environ.get(OUR_CHOICE):
        return
    threads = os.environ.get("OMP_NUM_THREADS") or str(len(os.sched_getaffinity(0)))
    os.environ[ENGINE_WORKERS] = os.environ[OUR_CHOICE] = "1" if threads == "1" else "2"


def _cpu_has_avx2() -> bool:
    try:
        return " avx2 " in CPU_INFO.read_text(encoding="ascii", errors="replace")
    except OSError:
        return False


def end_at_once() -> None:
    """Let this process end without Python's last search for garbage in all that it has imported.

    Of MLflow's and MXNet's modules that takes a second, at the end of every command.
    """
    atexit.register(gc.freeze)


def kernel_and_threads() -> tuple[str, int]:
    """The kernel that MXNet's OpenBLAS chose in this process, and how many threads MXNet uses.

    Both are asked of the loaded libraries, not of the environment: a kernel that this OpenBLAS
    does not have is silently replaced by another.
    """
    from mxnet.base import _LIB  # takes seconds to import: only where something was trained

    # Looked up through MXNet's own library, so that those it uses answer, not NumPy's.
    kernel = _LIB.openblas_get_corename
    kernel.restype = ctypes.c_char_p
    return kernel().decode(), _LIB.omp_get_max_threads()


def versions() -> str:
    """The versions of Python and of the packages that decide a run's numbers or log them."""
    packages = [f"{name} {metadata.version(name)}" for name in RECORDED]
    return ", ".join([*packages, f"Python {platform.python_version()}"])


def user() -> str:
    """Who runs this process: a name, or the number of a user without one, as containers have."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def machine() -> str:
    """Processor, number of cores and system of this machine."""
    try:
        text = CPU_INFO.read_text(encoding="ascii", errors="replace")
    except OSError:
        text = ""
    model = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    processor = model.group(1) if model else platform.machine()
    return f"{processor}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"
