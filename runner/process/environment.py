"""Settings that must stand in the environment before MXNet and MLflow are imported.

And what this environment is, for the record.
"""

import atexit
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
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",  # silent ones; runner.tracking tries again, and says so
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}

RECORDED = ("lrstudy", "mxnet", "numpy", "hydra-core", "mlflow")
"""The packages whose versions a run records."""

THREADS = "OMP_NUM_THREADS"
"""The threads of one operation of MXNet's, set by the user or by what started this process."""

MOST_THREADS = "MXNET_OMP_MAX_THREADS"
"""The same where `OMP_NUM_THREADS` is not set."""

ENGINE_WORKERS = "MXNET_CPU_WORKER_NTHREADS"
"""How many operations MXNet's engine carries out at a time."""

CHOSEN_WORKERS = "LRSTUDY_ENGINE_WORKERS"
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
    _choose_threads()
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # whatever the shell says
    for name, value in MLFLOW_SETTINGS.items():
        os.environ.setdefault(name, value)
    # Of a database's errors MLflow prints the tracebacks, and then raises them all the same.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    if not os.environ.get("OPENBLAS_CORETYPE"):
        os.environ.pop("OPENBLAS_CORETYPE", None)
        if _cpu_has_avx2():
            os.environ["OPENBLAS_CORETYPE"] = "Haswell"


def _choose_threads() -> None:
    """Let MXNet take a batch while it computes with the one before, an operation in each thread.

    MXNet of itself splits operations over half the processors, but those of this model are
    faster in one thread. And a product that is split and meets another one hangs: `exec_blas` of
    MXNet's OpenBLAS waits for a flag that it never reads again. So where `OMP_NUM_THREADS` asks
    for more threads, the engine carries out one operation at a time. Else the user's own number
    of engine workers is kept; a process that another one of ours has started chooses anew.
    """
    threads = os.environ.get(THREADS)
    if not threads:
        os.environ.pop(THREADS, None)  # set but empty is not set
        os.environ[MOST_THREADS] = os.environ.get(MOST_THREADS) or "1"
    if (threads or os.environ[MOST_THREADS]) != "1":
        workers = "1"
    elif os.environ.get(ENGINE_WORKERS, "") not in ("", os.environ.get(CHOSEN_WORKERS, "")):
        return
    else:
        workers = "1" if threads or len(os.sched_getaffinity(0)) == 1 else "2"
    os.environ[ENGINE_WORKERS] = os.environ[CHOSEN_WORKERS] = workers


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
