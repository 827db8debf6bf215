"""The latest run of each configuration: read once, and again only what has changed."""

import sqlite3

import pytest
from support.stored_runs import log_run

from runner.process import at_end
from runner.sweeps.latest_runs import finished, latest
from runner.tracking.store import open_tracking


@pytest.fixture
def tracking(folder):
    """A store in which a command has begun."""
    with at_end:
        yield open_tracking("sqlite:///mlflow.db", "lr-study")


def ids(runs):
    return {config_hash: run.info.run_id for config_hash, run in runs.items()}


def test_what_ended_since_the_last_look_is_there(tracking):
    first = log_run(tracking, tags={"config_hash": "a", "sweep_id": "1"})
    assert ids(latest(tracking)) == {"a": first}
    second = log_run(tracking, tags={"config_hash": "b", "sweep_id": "2"})
    assert ids(latest(tracking)) == {"a": first, "b": second}


def test_a_sweep_ends_with_all_of_its_runs_though_a_machine_s_clock_is_hours_late(tracking, folder):
    earlier = log_run(tracking, tags={"config_hash": "a", "sweep_id": "1"})
    assert ids(latest(tracking)) == {"a": earlier}
    late = log_run(tracking, tags={"config_hash": "b", "sweep_id": "2"})
    with sqlite3.connect(folder / "mlflow.db") as store:
        store.execute("UPDATE runs SET start_time = 1, end_time = 2 WHERE run_uuid = ?", [late])
    assert ids(finished(tracking, "2")) == {"a": earlier, "b": late}


def test_the_next_command_reads_anew(tracking, folder):
    run_id = log_run(tracking, tags={"config_hash": "a", "sweep_id": "1"})
    assert ids(latest(tracking)) == {"a": run_id}
    at_end.close()
    tracking.client.delete_run(run_id)
    assert latest(tracking) == {}
