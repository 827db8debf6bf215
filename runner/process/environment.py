"""Settings that must be in the environment before MXNet and MLflow are imported.

Also describes the environment, so that runs can record it.
"""

import atexit
import contextlib
import gc
import getpass
import logging
import os
import platform
import re
import sys
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path

from runner.process.errors import InputError

MLFLOW_LEVEL = "MLFLOW_LOGGING_LEVEL"

MLFLOW_SETTINGS = {
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",  # they are silent; runner.tracking retries and says so
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}

LOGGING_LEVELS = {
    "mlflow.store.db.utils": logging.CRITICAL,  # logs a database error's traceback, then raises it
    "matplotlib": logging.ERROR,  # warns where the user's cache folder cannot be written
}
"""The loggers that would print what a command says itself, or what nobody has to act on."""

RECORDED = ("lrstudy", "mxnet", "numpy", "hydra-core", "mlflow")
"""The packages whose versions a run records."""

THREADS = "OMP_NUM_THREADS"
"""Threads per MXNet operation, set by the user or by the process that started this one."""

MOST_THREADS = "MXNET_OMP_MAX_THREADS"
"""The same limit, used where `OMP_NUM_THREADS` is not set."""

ENGINE_WORKERS = "MXNET_CPU_WORKER_NTHREADS"
"""How many operations MXNet's engine runs at a time."""

CHOSEN_WORKERS = "LRSTUDY_ENGINE_WORKERS"
"""The number `prepare` chose, so that a child process does not take it for the user's setting."""

COLLECT_AFTER = 50_000
"""New objects after which Python looks for garbage; its own default is 700 or 2,000."""

KERNEL = "OPENBLAS_CORETYPE"
"""The matrix kernel of every OpenBLAS that is loaded while the variable is set."""

CPU_INFO = Path("/proc/cpuinfo")


def prepare() -> None:
    """Prepare a process that is lrstudy's own: a command, or a worker of one."""
    _set_variables()
    os.environ.setdefault(MLFLOW_LEVEL, "WARNING")
    for name, level in LOGGING_LEVELS.items():
        logging.getLogger(name).setLevel(level)


@contextlib.contextmanager
def prepared() -> Iterator[None]:
    """Prepare a process that is not ours, such as a notebook's, while the block runs.

    Afterwards every variable and every logging level is what it was.
    """
    variables = dict(os.environ)
    levels = {name: logging.getLogger(name).level for name in LOGGING_LEVELS}
    _set_variables()
    changed = {
        name: variables.get(name)
        for name in variables.keys() | os.environ.keys()
        if variables.get(name) != os.environ.get(name)
    }
    try:
        for name, level in LOGGING_LEVELS.items():
            logging.getLogger(name).setLevel(level)
        yield
    finally:
        for name, value in changed.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _set_variables() -> None:
    """Make MLflow quiet and private; choose MXNet's number of threads.

    The user's own settings win, except that MLflow's telemetry is always off. An *empty*
    `OPENBLAS_CORETYPE` does not count as a setting: it makes numpy 1.23.5's float64 product wrong,
    so it is removed.
    """
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        if not os.environ.get(name):
            os.environ.pop(name, None)  # set but empty is not set
    if os.path.expanduser("~") == "~":  # neither HOME nor an entry in the list of users
        os.environ["HOME"] = os.devnull  # MLflow needs one; here nothing can be written to it
    _choose_threads()
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # whatever the shell says
    for name, value in MLFLOW_SETTINGS.items():
        os.environ.setdefault(name, value)
    if not os.environ.get(KERNEL):
        os.environ.pop(KERNEL, None)


def _choose_threads() -> None:
    """Let MXNet fetch a batch while it computes with the last one; one thread per operation.

    By default MXNet splits each operation over half the processors, but this model's operations
    are faster in one thread. Two split products at once can also hang: `exec_blas` in MXNet's
    OpenBLAS waits for a flag that it never reads again. So if `OMP_NUM_THREADS` asks for several
    threads, the engine runs one operation at a time. Otherwise the user's own number of engine
    workers is kept. A number chosen by a parent process of ours is chosen again.
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


@contextlib.contextmanager
def mxnet_kernel() -> Iterator[None]:
    """Choose the matrix kernel of an MXNet that is imported in the block, after NumPy.

    MXNet 1.9.1 ships OpenBLAS 0.3.13, which does not know recent CPUs and falls back to its
    slowest kernel there. The Haswell kernel is the right one on a CPU with AVX2. The user's own
    setting wins.

    NumPy's OpenBLAS knows these CPUs and chooses for itself. With this kernel that of NumPy 2.5.5
    writes past its buffer, if the CPU has 1 MB of second-level cache for each core.
    """
    if KERNEL in os.environ or not _cpu_has_avx2():
        yield
        return
    os.environ[KERNEL] = "Haswell"
    try:
        yield
    finally:
        del os.environ[KERNEL]


def _cpu_has_avx2() -> bool:
    try:
        return " avx2 " in CPU_INFO.read_text(encoding="ascii", errors="replace")
    except OSError:
        return False


def require_mxnet() -> None:
    """Raise `InputError` where MXNet is not installed, as by `pip` on Python 3.13 and later.

    Its last release asks for numpy<2, of which these have no wheel; it does not need it.
    """
    if util.find_spec("mxnet") is None:
        raise InputError(
            f"MXNet is not installed for {sys.executable}; "
            "type: pip install --no-deps mxnet==1.9.1 graphviz==0.8.4"
        )


def collect_less() -> None:
    """Let Python look for garbage less often in this process, and not once more when it ends.

    What MLflow and MXNet define is never garbage. Looked through again and again, it makes their
    import a sixth slower, and the last collection takes a second at the end of every command.
    """
    gc.set_threshold(COLLECT_AFTER)
    atexit.register(gc.freeze)


def versions() -> str:
    """The versions of Python and of the packages that compute or log a run's numbers."""
    packages = [f"{name} {_version(name)}" for name in RECORDED]
    return ", ".join([*packages, f"Python {platform.python_version()}"])


def _version(package: str) -> str:
    """A package's version; a report needs no MXNet."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def user() -> str:
    """The user who runs this process: the name, or the numeric id if there is none (containers)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def machine() -> str:
    """This machine's processor, number of cores and operating system."""
    try:
        text = CPU_INFO.read_text(encoding="ascii", errors="replace")
    except OSError:
        text = ""
    model = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    processor = model.group(1) if model else platform.machine()
    return f"{processor}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"
