"""Runs left RUNNING by a process that is gone are ended by the next command, and no others."""

from support.commands import TINY, runs_of

from runner.process.processes import this_process
from runner.tracking.origin import PID, PROCESS_START
from runner.tracking.orphaned_runs import repair
from runner.tracking.store import open_tracking


def test_a_live_run_and_one_on_another_host_are_left_alone(lrstudy, folder):
    tracking = open_tracking("sqlite:///mlflow.db", "lr-study")
    me = this_process()
    others = {
        "live": {},
        "elsewhere": {"host": "another.host", PID: "1", PROCESS_START: me.start},
        "untagged": {"host": ""},
        "gone": {PROCESS_START: me.start.rpartition("/")[0] + "/1"},
        "before the reboot": {PROCESS_START: f"another-boot/{me.start.partition('/')[2]}"},
        "in a container": {PROCESS_START: f"{me.start.split('/')[0]}/1/1"},
    }
    for name, tags in others.items():
        given = {"kind": "run", "mlflow.source.name": "lrstudy", "config_hash": name, **tags}
        run = tracking.client.create_run(tracking.experiment_id, run_name=name, tags={
            "host": me.host, PID: str(me.pid), PROCESS_START: me.start, **given,
        })  # fmt: skip
        assert run.info.status == "RUNNING"
    assert lrstudy(*TINY).status == 0
    statuses = {run.info.run_name: run.info.status for run in runs_of(folder)}
    assert {name for name, status in statuses.items() if status == "RUNNING"} == {
        "live", "elsewhere", "untagged", "in a container",
    }  # fmt: skip
    assert statuses["gone"] == statuses["before the reboot"] == "KILLED"
    assert repair(tracking) == 0


def test_a_run_that_an_earlier_version_left_is_ended_too(folder):
    tracking, me = open_tracking("sqlite:///mlflow.db", "lr-study"), this_process()
    for name, start in (("live", me.start), ("gone", "another-boot/1/1")):
        tags = {"mlflow.source.name": "lrstudy", "host": me.host, "pid": str(me.pid)}
        tags |= {"kind": "run", "process_start": start}
        tracking.client.create_run(tracking.experiment_id, run_name=name, tags=tags)
    assert repair(tracking) == 1
    statuses = {run.info.run_name: run.info.status for run in runs_of(folder)}
    assert statuses == {"live": "RUNNING", "gone": "KILLED"}
