"""What MXNet computes with is chosen before it is imported, and written down with every run."""

import os
import subprocess
import sys

import pytest

from runner.process.environment import (
    CHOSEN_WORKERS,
    ENGINE_WORKERS,
    MOST_THREADS,
    THREADS,
    prepare,
)

PRODUCTS = """
import runner
from mxnet import nd

ones = [nd.ones((256, 256)) for _ in range(4)]
for _ in range(100):
    products = [nd.dot(each, each) for each in ones]
assert all((product == 256).asnumpy().all() for product in products)
"""


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


@pytest.mark.parametrize(
    "setting",
    [{}, {THREADS: "3"}, {MOST_THREADS: "2"}, {THREADS: "2", ENGINE_WORKERS: "4"}],
    ids=str,
)
def test_products_that_do_not_depend_on_each_other_do_not_wait_for_each_other_for_ever(setting):
    """MXNet's OpenBLAS never ends one that meets another, if both are split over threads."""
    unset = (THREADS, MOST_THREADS, ENGINE_WORKERS, CHOSEN_WORKERS)
    bare = {name: value for name, value in os.environ.items() if name not in unset}
    command = [sys.executable, "-c", PRODUCTS]
    subprocess.run(command, env={**bare, **setting}, check=True, timeout=120)


@pytest.mark.parametrize("setting", [{}, {"MLFLOW_DISABLE_TELEMETRY": "false"}])
@pytest.mark.parametrize("package", ["runner.tracking.store", "analysis.reading.runs"])
def test_nothing_is_sent_to_mlflow_s_makers(package, setting):
    """In a process of its own, where this package is the first to import MLflow."""
    code = (
        f"import {package}, mlflow.telemetry.client as client\nprint(client.get_telemetry_client())"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")} | setting
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert answer.stdout == "None\n"
