"""What the sections share is computed once, and the same whatever is asked for first."""

import pandas as pd
from support.hand_made import evidence_of, some_runs

from analysis.sections.paired import PAIRED
from analysis.statistics.summaries import summarise
from runner.data import FASHION_MNIST


def test_the_order_in_which_sections_are_made_changes_no_drawn_interval():
    frames = some_runs([1.0, 0.1], 6)
    expected = summarise(*frames)
    first, second = evidence_of(*frames), evidence_of(*frames)
    compared = PAIRED.make(first)
    pd.testing.assert_frame_equal(first.summary, expected)
    pd.testing.assert_frame_equal(second.summary, expected)
    assert PAIRED.make(second) == compared


def test_what_is_shared_is_computed_once(monkeypatch):
    read = []
    monkeypatch.setattr("runner.data.load", lambda *_: read.append(1) or ("train", "test"))
    evidence = evidence_of(*some_runs([1.0, 0.1], 6))
    for _ in range(2):
        assert evidence.images("fashion_mnist") == (FASHION_MNIST, "train", "test")
    assert read == [1]
    assert evidence.summary is evidence.summary
    assert evidence.by_loss is evidence.by_loss


def test_no_printed_sequence_to_compare_with_is_no_test_of_frozen_models(monkeypatch):
    monkeypatch.setattr("runner.data.load", lambda *_: ("train", "test"))
    evidence = evidence_of(*some_runs([1.0, 0.1], 6, **{"data.train_limit": 2048}))
    assert evidence.comparisons == []
    assert evidence.frozen_test is None
