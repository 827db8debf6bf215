"""Work shared out to this process and its workers."""

import multiprocessing
import os
import sys
from concurrent.futures import BrokenExecutor

import pytest
from support.commands import session_of
from support.shared_work import die, inherited, refuse, who

from runner.launchers.workers import end_workers, share_out


@pytest.fixture(autouse=True)
def own_variables(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # or `share_out` would set it for later tests, too
    yield
    end_workers()


def test_every_item_is_done_once_and_this_process_does_its_share():
    done = share_out(who, "shared", [0.3, 0.31, 0.32, 0.33], 2)
    assert sorted(item for _, _, item in done) == [0.3, 0.31, 0.32, 0.33]
    assert {shared for _, shared, _ in done} == {"shared"}
    pids = {pid for pid, _, _ in done}
    assert os.getpid() in pids
    assert len(pids) == 2


def test_one_process_is_this_one():
    assert {pid for pid, _, _ in share_out(who, "", [0.0, 0.0], 1)} == {os.getpid()}


def test_workers_stay_for_the_next_time_and_end_when_told():
    workers = [
        {pid for pid, _, _ in share_out(who, "", [0.5, 0.5], 2)} - {os.getpid()} for _ in range(2)
    ]
    assert workers[0] == workers[1] != set()
    end_workers()
    assert not workers[0] & set(session_of(os.getsid(0)))


@pytest.mark.parametrize("item", [0, 1, 5])
def test_what_the_work_raises_is_raised(item):
    with pytest.raises(ZeroDivisionError, match=str(item)):
        share_out(refuse, item, range(6), 2)


def test_a_worker_that_dies_breaks_it_off_and_the_next_time_has_another():
    with pytest.raises(BrokenExecutor):
        share_out(die, os.getpid(), range(4), 2)
    assert len(share_out(who, "", [0.0, 0.1], 2)) == 2


def test_a_worker_that_was_killed_in_between_is_replaced():
    share_out(who, "", [0.1, 0.1], 2)
    (worker,) = multiprocessing.active_children()
    worker.kill()
    worker.join()
    assert len(share_out(who, "", [0.1, 0.1], 2)) == 2


def test_workers_have_one_thread_and_leave_ctrl_c_to_the_command(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setitem(sys.modules, "mxnet", None)  # imported before
    found = share_out(inherited, None, range(4), 2)
    assert {each[1:] for each in found if each[0] == os.getpid()} == {(None, False)}
    assert {each[1:] for each in found if each[0] != os.getpid()} == {("1", True)}
