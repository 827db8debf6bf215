"""What runs logged is read back whole, or refused in one line; a silent store is asked once."""

import io
import os
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow.entities import Run, RunInfo

from runner.process import InputError
from runner.tracking import artifacts, read_artifact, read_parameters

STORE = "sqlite:///none.db"
WHOLE = {
    "W0": np.ones((784, 10), np.float32),
    "b0": np.zeros(10, np.float32),
    "W": np.full((784, 10), np.nan, np.float32),  # of a run that diverged
    "b": np.zeros(10, np.float32),
}


def packed(**changes):
    file = io.BytesIO()
    np.savez(
        file, **{name: array for name, array in {**WHOLE, **changes}.items() if array is not None}
    )
    return file.getvalue()


def run_in(folder, content=None):
    """A run whose artifacts are in a folder; `content` is that of its parameters."""
    if content is not None:
        (folder / "parameters.npz").write_bytes(content)
    return Run(RunInfo("f00", "1", "me", "FINISHED", 0, 0, "active", str(folder)), None)


def refusal(read, *arguments):
    with pytest.raises(InputError) as error:
        read(*arguments)
    line = str(error.value)
    assert "\n" not in line
    assert " of MLflow run f00 cannot be read from " in line
    return line


def test_whole_parameters_are_read(tmp_path):
    found = read_parameters(run_in(tmp_path, packed()), STORE)
    for name, array in WHOLE.items():
        np.testing.assert_array_equal(getattr(found, name), array)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "File is not a zip file"),
        (b"PK\3\4 and no more", "File is not a zip file"),
        (packed()[:-40], "File is not a zip file"),
        (packed(b0=None), "b0 is not a file in the archive"),
        (packed(W=np.ones((10, 784), np.float32)), "W must be (784, 10) of floats, is (10, 784)"),
        (packed(b=np.zeros(10, int)), "b must be (10,) of floats, is (10,) of int64"),
        (packed(b=np.array([{}] * 10)), "Object arrays cannot be loaded"),
        (packed(W0=np.full((784, 10), np.inf, np.float32)), "W0 is not finite"),
        (packed(more=np.zeros(10**6)), "more than 1000000 bytes when unpacked"),
    ],
)
def test_damaged_parameters_are_refused_in_one_line(tmp_path, content, reason):
    assert reason in refusal(read_parameters, run_in(tmp_path, content), STORE)


@settings(max_examples=40)
@given(st.integers(0, 2000), st.binary(max_size=20))
def test_parameters_with_any_damage_are_read_or_refused(tmp_path_factory, place, damage):
    content = packed()
    from_end = len(content) - place  # the archive's directory, where damage does most
    content = content[:from_end] + damage + content[from_end + len(damage) :]
    try:
        read_parameters(run_in(tmp_path_factory.mktemp("run"), content), STORE)
    except InputError as error:
        line = str(error)
    else:
        line = ""
    assert "\n" not in line


def test_what_is_no_file_or_not_there_is_refused(tmp_path):
    run = run_in(tmp_path)
    assert "No such artifact: 'plan.json'" in refusal(read_artifact, run, "plan.json", STORE)
    os.mkfifo(tmp_path / "plan.json")  # opened, it would wait for a writer for ever
    assert "it is not a file" in refusal(read_artifact, run, "plan.json", STORE)
    (tmp_path / "parameters.npz").mkdir()
    assert "it is not a file" in refusal(read_parameters, run, STORE)


@pytest.mark.parametrize(
    "address",
    [
        "s3://bucket/a",
        "http://127.0.0.1:9/a",
        "nonsense://a/b",
        "",
        None,
        "http://[a",
        "\x1b://[2J",
    ],
)
def test_a_store_that_cannot_be_used_is_refused_in_one_line(tmp_path, monkeypatch, address):
    monkeypatch.chdir(tmp_path)
    run = Run(RunInfo("f00", "1", "me", "FINISHED", 0, 0, "active", address), None)
    refusal(read_parameters, run, STORE)


def test_a_store_that_does_not_answer_is_asked_once(monkeypatch):
    asked = []

    def silent(artifact_uri, **_):
        asked.append(artifact_uri)
        time.sleep(0.2)
        raise TimeoutError("no answer\nat all")

    monkeypatch.setattr(artifacts, "download_artifacts", silent)
    monkeypatch.setattr(artifacts, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(artifacts, "_silent", {})
    for run_id in ("f00", "f00"):
        run = Run(RunInfo(run_id, "1", "me", "FINISHED", 0, 0, "active", "s3://far/a"), None)
        assert "(no answer)" in refusal(read_parameters, run, STORE)
    assert asked == ["s3://far/a/parameters.npz"]
