"""A kept run is whole, whatever is in its output folder already."""

import os

from runner.tracking.kept import Header, find_kept, keeping, read_kept


def header(name):
    return Header("http://127.0.0.1:5000", "lr-study", name, {"config_hash": name})


def test_an_output_folder_may_hold_several_kept_runs_and_what_a_kill_left(tmp_path):
    (tmp_path / f"kept.{os.getpid()}.part").mkdir()
    (tmp_path / f"kept.{os.getpid()}.part" / "run.jsonl").write_text("{")
    assert find_kept(tmp_path) == []
    for name in ("first", "second", "third"):
        with keeping(tmp_path, header(name)) as client:
            client.log_text("", name, "note.txt")
    found = find_kept(tmp_path)
    assert [read_kept(folder) for folder in found] == [
        (header(name), []) for name in ("first", "second", "third")
    ]
    assert [(folder / "artifacts" / "note.txt").read_text() for folder in found] == [
        "first", "second", "third",
    ]  # fmt: skip
