"""`lrstudy-report --printed mine.csv`: a user's printed figures beside the user's runs."""

import re
import shlex

import pytest
from support.printed_table import row, table


@pytest.mark.slow
def test_rows_without_enough_runs_say_which_command_trains_them(report, tmp_path, lrstudy):
    path = table(
        tmp_path,
        row(batch_size="64"),
        row(source="other $x$", learning_rate="0.5", batch_size="64", epoch="1"),
    )
    answer = report("--printed", str(path))
    assert (answer.status, answer.err) == (0, "")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "The rows are those of `mine.csv`." in text
    assert "**None of the 2 printed rows can be judged yet.**" in text
    assert "2048 training and 512 test examples, which most of the runs had" in text
    assert f"--printed {path}" in text
    commands = dict(re.findall(r"^- (.*): `(lrstudy -m .*)`$", text, re.MULTILINE))
    assert len(commands) == 2
    *_, command = commands.values()
    assert command == (
        "lrstudy -m lr=0.5 batch_size=64 data.train_limit=2048 data.test_limit=512 epochs=2 "
        "'seed=range(1,61)'"
    )
    planned = lrstudy(*shlex.split(command)[1:], "dry_run=true")
    assert "60 configurations, 60 to train" in planned.out


def test_a_wrong_table_gives_one_line_and_no_report(report, tmp_path):
    path = table(tmp_path, row(), row(epoch="1", test_acc="60 %"))
    answer = report("--printed", str(path))
    assert (answer.status, answer.err) == (
        2,
        f"lrstudy-report: {path}, line 3: test_acc must be a share from 0 to 1 in plain digits, at "
        "most 9 of them after the point, or empty, got 60 %; docs/own.md describes the table\n",
    )
    wide = report("--printed", str(table(tmp_path, row(batch_size="4096"))))
    assert (wide.status, wide.err) == (
        2,
        "lrstudy-report: mine.csv: batch_size of mine, learning rate 0.1 must be at most 2048, the "
        "training examples of most runs, got 4096; choose others: --where\n",
    )
    absent = report("--printed", str(tmp_path / "absent.csv"))
    assert (absent.status, absent.err.count("\n")) == (2, 1)
    assert "absent.csv: No such file or directory" in absent.err
    assert not (tmp_path / "out").exists()
