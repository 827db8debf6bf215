"""What the analysis brings with it when it is imported."""

import functools
import os
import subprocess
import sys

CODE = """
import sys
import analysis.report.report
from mlflow.telemetry.client import get_telemetry_client
print("mxnet" in sys.modules, get_telemetry_client())
"""


@functools.cache
def importing():
    """What a new process, which imports the analysis first, says about it."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    answer = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**bare, "MLFLOW_DISABLE_TELEMETRY": "false"},
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.split()


def test_the_analysis_never_imports_mxnet():
    assert importing()[0] == "False"


def test_nothing_is_sent_to_mlflow_s_makers_by_the_analysis():
    assert importing()[1] == "None"
