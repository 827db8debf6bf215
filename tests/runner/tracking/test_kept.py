"""A kept run is whole, whatever is in its output folder already; a damaged one is refused."""

import json
import os
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlflow.entities import Dataset, DatasetInput, InputTag
from support.kept_runs import header, keep

from runner.commands.sync import _log_batch
from runner.tracking.kept import (
    Batch,
    Header,
    KeptDataset,
    KeptError,
    find_kept,
    keeping,
    read_kept,
)
from runner.tracking.run_log import RunLog


def test_an_output_folder_may_hold_several_kept_runs_and_what_a_kill_left(tmp_path):
    (tmp_path / f"kept.{os.getpid()}.part").mkdir()
    (tmp_path / f"kept.{os.getpid()}.part" / "run.jsonl").write_text("{")
    assert find_kept(tmp_path) == ([], [])
    for name in ("first", "second", "third"):
        with keeping(tmp_path, header(name)) as client:
            RunLog(client, "").texts({"note.txt": name})
    found, _ = find_kept(tmp_path)
    kept = [read_kept(folder) for folder in found]
    assert [run.header for run in kept] == [header(name) for name in ("first", "second", "third")]
    assert [[path.read_text() for path in run.artifacts] for run in kept] == [
        ["first"], ["second"], ["third"],
    ]  # fmt: skip


def test_what_was_logged_is_read_again(tmp_path):
    with keeping(tmp_path, header("one")) as client:
        run_log = RunLog(client, "")
        run_log.log(params={"lr": 0.1}, metrics={0: {"a": 1.0}, 2: {"a": float("inf")}}, tags={})
        dataset = Dataset("data", "digest", "http", '{"url": "x"}')
        client.log_inputs("", [DatasetInput(dataset, [InputTag("split", "train")])])
    values = {"name": "data", "digest": "digest", "source_type": "http", "source": '{"url": "x"}'}
    assert read_kept(tmp_path / "kept").batches == [
        Batch({"lr": "0.1"}, {0: {"a": 1.0}, 2: {"a": float("inf")}}, {}),
        Batch(datasets=[KeptDataset(values, {"split": "train"})]),
    ]


def test_the_search_follows_no_link_and_names_what_it_cannot_search(tmp_path):
    keep(tmp_path / "outside", "one")
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "outputs" / "kept").symlink_to(tmp_path / "outside" / "kept")
    found, problems = find_kept(tmp_path / "outputs")
    assert (found, problems) == ([tmp_path / "outputs" / "kept"], [])
    with pytest.raises(KeptError, match="symbolic link"):
        read_kept(found[0])
    assert find_kept(tmp_path / "outputs" / "none")[1] == [
        f"{tmp_path}/outputs/none cannot be searched: No such file or directory"
    ]


def test_a_path_that_is_too_long_is_named(tmp_path):
    place = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):  # longer than a path may be
        os.mkdir("d" * 250, dir_fd=place)
        deeper = os.open("d" * 250, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = deeper
    os.close(place)
    found, (problem,) = find_kept(tmp_path)
    assert found == []
    assert problem.endswith("cannot be searched: File name too long")


def records(*entries, **changed):
    """A kept run's records, its header changed."""
    lines = ({**asdict(header("one")), **changed}, *entries)
    return "\n".join(map(json.dumps, lines)).encode()


def batch(**changed):
    return {"params": {}, "metrics": {}, "tags": {}, **changed}


DAMAGED = {
    "empty": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "no text": b"\xff\xfe",
    "cut off": records(batch())[:-9],
    "nested": records() + b"\n" + b"[" * 100_000,
    "no header": json.dumps(batch()).encode(),
    "half a surrogate pair": records(name="\ud800"),
    "another program's": records(tags={"kind": "other", "config_hash": "0" * 16}),
    "a hash that is a condition": records(tags={"kind": "run", "config_hash": "' or 1"}),
    "a long number": records(batch(metrics={"0": {"a": 10**400}})),
    "no epoch": records(batch(metrics={"x": {"a": 1}})),
    "a number as a tag": records(batch(tags={"a": 1})),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damaged_records_are_refused(tmp_path, content):
    (keep(tmp_path, "one") / "run.jsonl").write_bytes(content)
    with pytest.raises(KeptError, match=r"run\.jsonl: ") as error:
        read_kept(tmp_path / "kept")
    assert len(str(error.value)) < 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
TEXTS = st.dictionaries(st.text(), st.text() | JSON, max_size=3)
ENTRY = st.fixed_dictionaries(
    {"params": TEXTS, "tags": TEXTS},
    optional={
        "metrics": st.dictionaries(
            st.integers(-1, 10**10).map(str) | st.text(),
            st.dictionaries(st.text(), st.floats() | st.integers() | JSON, max_size=2),
            max_size=2,
        ),
        "datasets": st.lists(JSON | st.fixed_dictionaries({"dataset": TEXTS, "tags": TEXTS})),
    },
)
HEADER = st.just(asdict(header("one"))) | st.fixed_dictionaries(
    {"uri": JSON, "experiment": JSON, "name": JSON, "tags": TEXTS}
)
RECORDS = st.tuples(HEADER, st.lists(ENTRY | JSON, max_size=3)).map(
    lambda both: "\n".join(json.dumps(one) for one in (both[0], *both[1])).encode()
)


class Nothing:
    """A client that takes everything of the right types."""

    def log_batch(self, run_id, metrics=(), params=(), tags=()):
        assert all(isinstance(one.value, float) and one.step >= 0 for one in metrics)
        assert all(isinstance(one.value, str) for one in (*params, *tags))

    def log_inputs(self, run_id, datasets):
        json.dumps([one.to_dictionary() for one in datasets]).encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(content=st.binary() | RECORDS)
def test_whatever_the_records_are_they_are_refused_or_can_be_logged(tmp_path, content):
    (tmp_path / "kept").mkdir(exist_ok=True)
    (tmp_path / "kept" / "artifacts").mkdir(exist_ok=True)
    (tmp_path / "kept" / "run.jsonl").write_bytes(content)
    try:
        run = read_kept(tmp_path / "kept")
    except KeptError:
        return
    assert isinstance(run.header, Header)
    for batch in run.batches:
        _log_batch(batch, RunLog(Nothing(), ""))
