"""A process, and where its files are, as another machine has to name them."""

import platform

from runner.process.processes import COMMANDER_VARIABLE, path_for_commander, this_process


def test_a_log_on_another_machine_is_told_with_the_machine(monkeypatch):
    monkeypatch.setenv(COMMANDER_VARIABLE, this_process()._replace(host="elsewhere").to_text())
    assert path_for_commander("/out/0/lrstudy.log") == f"{platform.node()}:/out/0/lrstudy.log"
    monkeypatch.setenv(COMMANDER_VARIABLE, this_process().to_text())
    assert path_for_commander("/out/0/lrstudy.log") == "/out/0/lrstudy.log"
