"""`make bench`: the contenders compute the same, and what it finds is written down."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from support import reference
from support.typing_commands import type_command

from bench import cli, contenders, peer, peer_numpy, rounding
from bench.results import Goal, Report
from bench.table import markdown


def test_numpy_by_hand_computes_what_the_reference_does():
    draw = np.random.RandomState(3)
    X, y = draw.rand(40, 784).astype("f"), draw.randint(0, 10, 40)
    W, b = draw.randn(784, 10).astype("f"), draw.randn(10).astype("f")
    steps = np.array([0.03, 0.01, 0.001], "f")
    all_W, all_b = np.tile(W, 3), np.tile(b, 3)
    theirs = [(W.astype(float), b.astype(float)) for _ in steps]
    for _ in range(4):
        losses = peer_numpy.update(all_W, all_b, X, y, steps[:, None])
        for column, step in enumerate(steps):
            W, b = theirs[column]
            expected = reference.losses(X, y, W, b)
            np.testing.assert_allclose(losses[:, column], expected, rtol=1e-5, atol=1e-4)
            by_W, by_b = reference.gradients(X, y, W, b)
            theirs[column] = W - step * by_W, b - step * by_b
    for column, (W, b) in enumerate(theirs):
        np.testing.assert_allclose(all_W[:, 10 * column : 10 * column + 10], W, atol=1e-4)
        np.testing.assert_allclose(all_b[10 * column : 10 * column + 10], b, atol=1e-4)


@pytest.fixture
def bench(folder, capsys, monkeypatch):
    """Type `python tests/bench WORDS` in an empty folder where no peer is installed."""
    monkeypatch.setattr(peer, "PEERS", folder / "nothing")
    return lambda *words: type_command(cli.main, capsys, "bench", *words)


def test_a_bench_writes_its_figures_and_says_what_is_not_there(bench, folder):
    answer = bench("--only", "floor", "--rounds", "2", "--train-limit", "300")
    assert answer.status == 0
    assert "PyTorch: skipped, not installed (make peers)" in answer.out
    written = json.loads((folder / "bench.json").read_text())
    product, floor = written["rows"]
    assert [len(row["values"]) for row in (product, floor)] == [2, 2]
    assert product["min"] <= product["median"] <= product["max"]
    operations = 300 * 4 * 784 * 10
    assert floor["values"] == pytest.approx([operations / 1e9 / v for v in product["values"]])
    assert {"machine", "versions", "date", "command"} <= written["head"].keys()
    assert any("NumPy: NumPy" in sentence for sentence in written["remarks"])
    printed = bench("--markdown", "bench.json").out
    assert "| NumPy: float32 product of 2048 x 2048 | " in printed
    assert "| an epoch of one configuration at the fastest's speed | " in printed


@pytest.mark.slow
def test_all_contenders_that_are_there_train_the_same_epoch(bench, folder):
    answer = bench("--only", "one", "thirty", "--rounds", "1", "--train-limit", "600")
    assert answer.status == 0
    written = json.loads((folder / "bench.json").read_text())
    names = {row["name"] for row in written["rows"]}
    assert {
        "DataLoader program (pick_log) / ours (pick_log)",
        "ours (pick_log) with evaluation",
        "NumPy (log_softmax) / ours (log_softmax)",
    } <= names
    assert (
        sum("the mean losses of the first epoch beside ours" in s for s in written["remarks"]) == 7
    )


def test_a_contender_that_computes_otherwise_ends_the_bench():
    bench = SimpleNamespace(report=Report({}))
    ours, otherwise = np.array([1.0, 2.0]), np.array([1.0, 2.01])
    contenders.check_same(bench, "an epoch", ours, {"like ours": ours * (1 + 1e-6)})
    with pytest.raises(AssertionError, match=r"\(otherwise\)"):
        contenders.check_same(bench, "an epoch", ours, {"otherwise": otherwise})


def test_a_report_read_back_is_the_one_written():
    report = Report({"machine": "an abacus"}, remarks=["said"])
    report.add("beads", "slow", "s", [2.0, 4.0, 9.0])
    report.add("beads", "fast", "s", [1.0, 1.0, 3.0], Goal("at most", 0.5))
    report.ratio("beads", "slow", "fast", Goal("at least", 3))
    assert report.values("beads", "slow / fast") == [2, 4, 3]
    assert Report.from_json(report.to_json()) == report
    assert markdown(report).splitlines() == [
        "machine: an abacus",
        "said",
        "",
        "| beads | median (from to) | goal |",
        "|---|---:|---|",
        "| slow | 4 (2 to 9) s |  |",
        "| fast | 1 (1 to 3) s | at most 0.5: MISSED |",
        "| slow / fast | 3 (2 to 4) times | at least 3: reached |",
    ]


def test_the_distance_of_two_runs_is_that_of_their_farthest_figure():
    def record(loss, weight):
        return SimpleNamespace(metrics={"loss": loss}, W=np.array([[weight]]), b=np.zeros(1))

    run = [record(1.0, 2.0), record(np.nan, 4.0)]
    assert rounding.distance(run, run) == 0
    assert rounding.distance(run, [record(1.0, 2.0), record(np.nan, 4.002)]) == pytest.approx(5e-4)
    assert rounding.distance(run, [record(np.nan, 2.0)]) == np.inf
