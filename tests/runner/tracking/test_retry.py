"""A call that loses a race for the same rows is made again."""

import contextlib

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from support.commands import tell_at_once

from runner.data import FASHION_MNIST
from runner.tracking.store import open_tracking

STORE = "sqlite:///mlflow.db"


RACE = """(psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint
[SQL: INSERT INTO datasets ...]
(Background on this error at: https://sqlalche.me/e/21/gkpj)"""


@pytest.mark.parametrize(
    ("message", "lost", "calls"), [(RACE, 5, 6), (RACE, 6, 6), ("something else", 1, 1)]
)
def test_a_call_that_loses_a_race_is_made_again_but_not_for_ever(
    folder, monkeypatch, message, lost, calls
):
    tracking = open_tracking(STORE, "lr-study")
    log_inputs, made = MlflowClient.log_inputs, []

    def raced(self, *arguments, **keywords):
        made.append(arguments)
        if len(made) <= lost:
            raise MlflowException(message)
        return log_inputs(self, *arguments, **keywords)

    monkeypatch.setattr(MlflowClient, "log_inputs", raced)
    succeeds = lost < calls
    with (
        contextlib.nullcontext() if succeeds else pytest.raises(MlflowException),
        tracking.run("one", {"kind": "run"}) as run_log,
    ):
        run_log.datasets(FASHION_MNIST, {"train": 60000, "test": 10000})
    assert len(made) == calls
    (run,) = tracking.runs("")
    assert len(run.inputs.dataset_inputs) == (2 if succeeds else 0)


def test_what_several_processes_tell_a_new_experiment_at_once_is_told(folder):
    """All find it missing; those that write it second are refused, and then find it."""
    for number in range(5):
        tell_at_once(STORE, f"experiment {number}")
