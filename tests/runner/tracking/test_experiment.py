"""An experiment: how its runs end, and which of them count."""

import contextlib
import time

import pytest
from support.stored_runs import PARAMS, TAGS, epochs_to

from runner.tracking.store import open_tracking

STORE = "sqlite:///mlflow.db"


@pytest.mark.parametrize(
    ("error", "status"), [(None, "FINISHED"), (ValueError, "FAILED"), (KeyboardInterrupt, "KILLED")]
)
def test_how_a_run_ends_is_its_status(folder, error, status):
    tracking = open_tracking(STORE, "lr-study")
    expected = pytest.raises(error) if error else contextlib.nullcontext()
    with expected, tracking.run("one", {"kind": "run"}):
        if error:
            raise error
    assert [run.info.status for run in tracking.runs("")] == [status]


def test_finished_gives_the_newest_finished_run_of_each_configuration(folder):
    tracking = open_tracking(STORE, "lr-study")
    ids = []
    for config_hash, error in (("a", None), ("a", None), ("b", None), ("a", ValueError)):
        tags = {**TAGS, "config_hash": config_hash}
        with contextlib.suppress(ValueError), tracking.run("one", tags) as run_log:
            ids.append(run_log.run_id)
            run_log.log(params=PARAMS, metrics=epochs_to(1))
            if error:
                raise error
        time.sleep(0.002)  # MLflow's start times are whole milliseconds
    found = {config_hash: run.info.run_id for config_hash, run in tracking.finished().items()}
    assert found == {"a": ids[1], "b": ids[2]}
    assert set(tracking.finished("b")) == {"b"}
