"""Limits on memory, on open files and on what is read: one line, before anything is written."""

import os
import re

import pytest
from support.shell import shell

from runner.data import FASHION_MNIST

GIGABYTES = 10**9

MEMORY = (
    r"{}: this process may use {} GB of memory \(ulimit -v\), and needs 3; "
    r"allow it more: ulimit -v unlimited\n"
)
FILES = r"{}: too many files are open: this process may open 12 \(ulimit -n\); allow it more, .*\n"

SWEEP = ("-m", "seed=1,2", "order_seed=1")


def sparse(path):
    """A file of 60 GB that takes no room."""
    path.parent.mkdir(exist_ok=True)
    path.touch()
    os.truncate(path, 60 * GIGABYTES)


@pytest.mark.parametrize(
    ("gigabytes", "program", "words"),
    [
        (2, "lrstudy", ()),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (
                (1, "lrstudy", ()),
                (1, "lrstudy", SWEEP),
                (2, "lrstudy", (*SWEEP, "hydra/launcher=joblib")),
                (2, "lrstudy", (*SWEEP, "hydra/launcher=stacked")),
                (2, "lrstudy", (*SWEEP, "dry_run=true")),
                (1, "lrstudy-report", ()),
                (2, "lrstudy-report", ()),
            )
        ),
    ],
)
def test_too_little_memory_is_told_in_one_line(folder, gigabytes, program, words):
    said = shell(f'ulimit -v {gigabytes}000000; "$@"', program, *words)
    line = MEMORY.format(program, f"{gigabytes}.0")
    assert (said.returncode, said.stdout) == (2, "")
    assert re.fullmatch(line, said.stderr)
    assert not (folder / "mlflow.db").exists()


@pytest.mark.slow
def test_sync_needs_little_memory(folder):
    said = shell('ulimit -v 1000000; "$@"', "lrstudy-sync")
    assert (said.returncode, said.stdout, said.stderr) == (0, "0 of 0 kept runs logged\n", "")


@pytest.mark.parametrize(
    "program",
    [
        "lrstudy",
        *(
            pytest.param(f"lrstudy-{one}", marks=pytest.mark.slow)
            for one in ("report", "sync", "ui")
        ),
    ],
)
def test_too_few_files_are_told_in_one_line(folder, program):
    said = shell('ulimit -n 12; "$@"', program)
    assert (said.returncode, said.stdout) == (2, "")
    assert re.fullmatch(FILES.format(program), said.stderr)
    assert not list(folder.iterdir())


def test_a_data_file_of_60_gb_is_not_read(lrstudy, folder):
    for name in FASHION_MNIST.digests:
        sparse(folder / "data" / name)
    answer = lrstudy("data.root=data")
    assert answer.status == 2
    assert re.fullmatch(
        r"lrstudy: data/train-\S+ has 60\.0 GB, far more than the official file; .*\n", answer.err
    )


def test_a_store_of_60_gb_that_is_none_is_not_read(lrstudy, folder):
    sparse(folder / "mlflow.db")
    answer = lrstudy()
    assert answer.status == 2
    assert re.fullmatch(
        r"lrstudy: tracking.uri: .*/mlflow.db is not an SQLite database; .*\n", answer.err
    )


def test_a_table_of_60_gb_is_not_read(lrstudy_report, folder):
    sparse(folder / "report" / "runs.csv")
    answer = lrstudy_report("--from", "report")
    assert answer.status == 2
    assert re.fullmatch(
        r"lrstudy-report: report/runs.csv must be .* \(it has 60\.0 GB, more than 1\); .*\n",
        answer.err,
    )
