"""What must come out on every platform, in the folder it is started in: four commands, with times.

`python -m support.one_platform` with `lrstudy` installed and tests/ in PYTHONPATH. The figures are
those of MXNet 1.9.1, NumPy 1.23.5 and Python 3.11 on x86-64 (tests/runner/training/test_trainer.py
compares them with NumPy in float64).
"""

import json
import platform
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

TABLE = """\
Untrained. Test acc 0.108008
Epoch 1. Loss: 3.827094, Train acc 0.441617, Test acc 0.581445
Epoch 2. Loss: 1.895093, Train acc 0.620551, Test acc 0.650391
"""

IMPORT = """
import numpy
import runner.training
import mxnet
assert not {"PZERO", "NaN"} & set(vars(numpy)) or numpy.__version__ < "2.0"
print("MXNet", mxnet.__version__, "NumPy", numpy.__version__)
"""


@contextmanager
def timed(what):
    """Print how long it took."""
    begin = time.monotonic()
    yield
    print(f"  {what}: {time.monotonic() - begin:.0f} s", flush=True)


def type_in(*words):
    """Run Python with these words; what it printed, which must not hold a warning."""
    run = subprocess.run([sys.executable, *words], capture_output=True, text=True)
    if run.returncode != 0 or "Warning" in run.stderr:
        sys.exit(f"{words} ended with status {run.returncode}:\n{run.stdout}{run.stderr}")
    return run.stdout


def check():
    """Import, the reference table, a stacked sweep in which two runs die, the report."""
    print(f"Python {platform.python_version()}, {platform.machine()}", flush=True)
    with timed("import"):
        print(" ", type_in("-c", IMPORT), end="")
    with timed("reference table, two epochs"):
        printed = type_in("-m", "runner", "epochs=2")
        assert TABLE in printed, printed
    with timed("stacked sweep"):
        sweep = ["lr=1,0.1", "seed=1,2", "order_seed=1", "epochs=1", "hydra/launcher=stacked"]
        type_in("-m", "runner", "-m", *sweep)
        found = [
            json.loads(path.read_text()) for path in Path("mlartifacts").rglob("post_mortem.json")
        ]
        causes = sorted(each["cause"] for each in found)
        assert causes == ["reciprocal_overflow", "reciprocal_overflow"], causes
    with timed("report"):
        type_in("-m", "analysis")
        assert "</html>" in Path("report/index.html").read_text(encoding="utf-8")


if __name__ == "__main__":
    check()
