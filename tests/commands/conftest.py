"""`lrstudy-report`, typed."""

import pytest
from support.typing_commands import type_command

from analysis.report import command as cli


@pytest.fixture
def lrstudy_report(capsys):
    return lambda *words: type_command(cli.main, capsys, "lrstudy-report", *words)


@pytest.fixture
def report(two_sweeps, capsys, tmp_path):
    """Type `lrstudy-report` over the two sweeps; into the folder `out`."""
    uri = f"sqlite:///{two_sweeps[0]}/mlflow.db"

    def typed_report(*words, source=("--uri", uri)):
        out = ("--output", str(tmp_path / "out"))
        return type_command(cli.main, capsys, "lrstudy-report", *source, *out, *words)

    return typed_report
