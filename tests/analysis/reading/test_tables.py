"""The report's tables as CSV: safe to open, and read back; and what is no such table is refused."""

import csv
import re
from datetime import datetime, timezone

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.stored_runs import PARAMS, epochs_to

from analysis.reading import read_study
from analysis.reading.rows import SWEEP_COLUMNS, epoch_row, frames, run_row, sweep_row
from analysis.reading.tables import to_csv
from runner.losses import LOSSES
from runner.process import InputError

STARTED = datetime(2026, 1, 2, tzinfo=timezone.utc).isoformat()


def some_run(run_id="f00", **changes):
    values = {
        **{key: str(value) for key, value in PARAMS.items()},
        **{"run_id": run_id, "name": "one", "outcome": "trained", "config_hash": run_id},
        **{"sweep_id": "b", "data_digests": "", "started": STARTED},
        **{"experiment": "lr-study", "experiment_id": "1"},
    }
    return run_row({**values, **changes})


@pytest.fixture
def tables(tmp_path):
    """The folder of the tables of two runs."""
    runs = [some_run(), some_run("f01", seed="2")]
    epochs = [
        epoch_row({"run_id": run["run_id"], "epoch": epoch, **metrics})
        for run in runs
        for epoch, metrics in epochs_to(1).items()
    ]
    sweep = {"sweep_id": "b", "run_id": "f02", "command": "lrstudy -m", "started": STARTED}
    sweeps = pd.DataFrame([sweep_row({**sweep, "config_hashes": "f00 f01"})])
    write(tmp_path, *frames(runs, epochs), sweeps)
    return tmp_path


def write(folder, runs, epochs, sweeps):
    for name, frame in (("runs", runs), ("epochs", epochs), ("sweeps", sweeps)):
        (folder / f"{name}.csv").write_text(to_csv(frame), encoding="utf-8")


def refusal(folder):
    """The one line that `read_study` refuses a folder with; None where it reads it."""
    said = None
    try:
        assert len(read_study(folder).runs) > 0
    except InputError as error:
        said = str(error)
    assert said is None or re.fullmatch(
        r".*(runs|epochs|sweeps)\.csv must be a table that lrstudy-report wrote \(.*\); "
        "give the folder of a report with --from",
        said,
    )
    return said


texts = st.text(st.sampled_from("=+-@'\"\t\r\n,;nab \u00e4\uff1d\ud800\0"), max_size=8)


@settings(max_examples=30)
@given(text=texts | st.sampled_from(["nan", "'nan", "'=1", "=cmd|' /C calc'!A0", "-1", ""]))
def test_a_table_is_read_back_to_the_same_values(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("tables")
    run = some_run(name=text, machine=text or None, divergence_cause=None)
    rows = [epoch_row({"run_id": "f00", "epoch": n, **some}) for n, some in epochs_to(1).items()]
    runs, epochs = frames([run], rows)
    runs["last_finite_batch_loss"] = -0.1
    write(folder, runs, epochs, pd.DataFrame(columns=SWEEP_COLUMNS))
    found = read_study(folder)
    pd.testing.assert_frame_equal(found.runs, runs)
    pd.testing.assert_frame_equal(found.epochs, epochs)
    with (folder / "runs.csv").open(encoding="utf-8", newline="") as file:
        head, cells = csv.reader(file)
    formulas = [
        name for name, cell in zip(head, cells, strict=True) if re.match(r"[=+\-@\t\r]", cell)
    ]
    assert formulas == ["last_finite_batch_loss"]  # a number


def test_a_file_saved_by_a_spreadsheet_is_read(tables):
    content = (tables / "runs.csv").read_text(encoding="utf-8")
    with (tables / "runs.csv").open("w", encoding="utf-8-sig", newline="\r\n") as file:
        file.write(content)
    assert refusal(tables) is None


LR = "line 2: lr must be a finite number above 0, got "
SIZE = "line 2: batch_size must be a whole number from 1 to 60000 (the training examples), got "


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        ("runs", "outcome", "fate", "line 2: it has no outcome"),
        ("runs", "name,", "lr,", "it has two columns lr"),
        ("runs", "f01,one", 'f01,"one', "unexpected end of data"),
        ("runs", ",0.1,", ",", " cells); give the folder of a report"),
        ("runs", "f01", "f00", "line 3: it has the run_id of a line above"),
        ("runs", ",0.1,", ",nan,", "line 2: it has no lr"),
        ("runs", ",0.1,", ",0,", f"{LR}0"),
        ("runs", ",0.1,", ",-1,", f"{LR}-1"),
        ("runs", ",0.1,", ",1e999,", f"{LR}1e999"),
        ("runs", ",0.1,", f",{'9' * 999},", f"{LR}{'9' * 197}..."),
        ("runs", ",0.1,", ',"fast\nfood",', "got fast\N{REPLACEMENT CHARACTER}food"),
        ("runs", ",256,", f",{'9' * 5000},", f"{SIZE}{'9' * 197}..."),
        ("runs", ",256,", ",0,", f"{SIZE}0"),
        ("runs", ",256,1,", ",256,9999999,", "line 2: epochs must be at most 1000000, got 9999999"),
        ("runs", "trained", "won", "outcome must be one of trained, stalled, diverged, got won"),
        ("runs", "trained", "diverged", "it diverged, but diverged_epoch and diverged_update do"),
        ("runs", "pick_log", "pick", f"loss must be one of {', '.join(LOSSES)}, got "),
        ("runs", "2026-", "yes-", "started must be a time in UTC, got yes-01-02"),
        ("epochs", ",1,0.5", ",0,0.5", "line 3: it has the run_id and epoch of a line above"),
        ("epochs", "f01", "f09", "runs.csv has no run f09"),
        ("epochs", ",1,0.5", ",2,0.5", "run f00: it must have epochs 0 to 1 once each"),
        ("epochs", "0.5", "1.5", "train_acc must be from 0 to 1, got 1.5"),
        ("epochs", "0.5", "x", "train_loss must be a number, got x"),
        ("sweeps", "f00 f01", "f00 <b>", "config_hashes must be hexadecimal digits, got <b>"),
    ],
)  # fmt: skip
def test_a_table_that_was_altered_is_refused_in_one_line(tables, name, old, new, reason):
    path = tables / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert reason in refusal(tables)


@pytest.mark.parametrize(("name", "reason"), [("runs", "no run"), ("epochs", "has 0 epochs")])
def test_a_table_without_rows_is_refused(tables, name, reason):
    path = tables / f"{name}.csv"
    head, *_ = path.read_text(encoding="utf-8").splitlines()
    for content in ("", head):
        path.write_text(content, encoding="utf-8")
        assert reason in refusal(tables)


def test_bytes_that_are_no_text_and_files_that_are_none_are_refused(tables):
    (tables / "runs.csv").write_bytes(b"run_id,\xff\xfe\n")
    assert "can't decode byte" in refusal(tables)
    with (tables / "runs.csv").open("r+b") as file:
        file.truncate(60 * 10**9)  # sparse: it takes no room on the disk
    assert "it has 60.0 GB, more than 1" in refusal(tables)
    (tables / "runs.csv").unlink()
    assert "No such file" in refusal(tables)
    (tables / "runs.csv").mkdir()
    assert "it is not a file" in refusal(tables)


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_a_table_holds_it_is_read_or_refused_in_one_line(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("tables")
    tables.__wrapped__(folder)
    path = folder / f"{data.draw(st.sampled_from(['runs', 'epochs', 'sweeps']))}.csv"
    content = path.read_bytes()
    begin = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(begin, min(len(content), begin + 40)))
    some = st.sampled_from(
        [b"", b"nan", b"-1", b"1e999", b'"', b",", b"\n", b"inf", b"0", b"9" * 400]
    )
    path.write_bytes(content[:begin] + data.draw(some | st.binary(max_size=9)) + content[end:])
    refusal(folder)
