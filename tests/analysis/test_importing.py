"""What the analysis brings with it when it is imported."""

import json
import logging
import os
import subprocess
import sys

import pytest

CODE = """
import json
import logging
import os
import sys


def seen():
    known = ["", "mlflow", "mlflow.store.db.utils", "matplotlib", "sqlalchemy", "lrstudy"]
    return dict(os.environ), {name: logging.getLogger(name).level for name in known}


before = seen()
import analysis
imported = seen()
runs, _ = analysis.load_runs(uri=sys.argv[1])
loaded = seen()
logging.getLogger("mlflow").setLevel(logging.DEBUG)
logging.getLogger("mlflow.store.db.utils").setLevel(logging.INFO)
os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = "7"
chosen = seen()
analysis.load_runs(uri=sys.argv[1])
again = seen()
import analysis.report.report
from mlflow.telemetry.client import get_telemetry_client

answer = {
    "mxnet": "mxnet" in sys.modules,
    "telemetry": get_telemetry_client() is not None,
    "runs": len(runs),
    "variables": [one[0] for one in (before, imported, loaded)],
    "levels": [one[1] for one in (before, imported, loaded)],
    "kept": chosen == again,
}
print(json.dumps(answer))
"""


@pytest.fixture(scope="module")
def notebook(study):
    """What a new process, which imports the analysis first, says about it."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    for name in ("HOME", "OPENBLAS_CORETYPE", "OMP_NUM_THREADS", "MXNET_OMP_MAX_THREADS"):
        bare.pop(name, None)
    answer = subprocess.run(
        [sys.executable, "-c", CODE, f"sqlite:///{study}/mlflow.db"],
        env={**bare, "MLFLOW_DISABLE_TELEMETRY": "false", "MLFLOW_TRACKING_URI": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stderr == ""
    (line,) = answer.stdout.splitlines()
    return json.loads(line)


def test_the_analysis_never_imports_mxnet(notebook):
    assert notebook["mxnet"] is False


def test_nothing_is_sent_to_mlflow_s_makers_by_the_analysis(notebook):
    assert notebook["telemetry"] is False


def test_a_notebook_s_variables_are_as_they_were_once_runs_are_loaded(notebook):
    before, imported, loaded = notebook["variables"]
    assert imported == before
    assert loaded == before
    assert notebook["runs"] == 4


def test_a_notebook_s_logging_levels_are_as_they_were_once_runs_are_loaded(notebook):
    before, imported, loaded = notebook["levels"]
    assert imported == before
    # What these libraries say of themselves, whoever imports them.
    assert loaded == before | {"mlflow": logging.INFO, "sqlalchemy": logging.WARNING}
    assert notebook["kept"]


def test_numpy_is_imported_after_the_command_has_prepared_the_process():
    """Its kernel is chosen then, and with it the last digits of the report."""
    code = "import analysis.report.command, sys; print('numpy' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (answer.stdout, answer.stderr) == ("False\n", "")
