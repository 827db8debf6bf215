"""What every command does first."""

import os
import pty

from rich.console import Console

from runner.process.start import start_command


def test_a_notebook_s_terminal_gets_plain_lines(monkeypatch):
    """A kernel runs commands on a terminal, but shows no moving cursor."""
    _, terminal = pty.openpty()
    for name in ("JPY_PARENT_PID", "TTY_COMPATIBLE"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    with os.fdopen(terminal, "w") as file:
        start_command()
        assert Console(file=file).is_terminal
        monkeypatch.setenv("JPY_PARENT_PID", "1")
        start_command()
        assert not Console(file=file).is_terminal
