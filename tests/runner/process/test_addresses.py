"""Addresses with secrets are hidden in what is typed, and given back to the one that opens them."""

import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.process import InputError, hide_addresses, revealed
from runner.process.addresses import ADDRESSES_VARIABLE, hidden


@pytest.fixture
def typed(monkeypatch):
    """Hide the addresses of a typed word; the word as the program goes on with it."""
    monkeypatch.setenv(ADDRESSES_VARIABLE, "")

    def hide(word):
        monkeypatch.setattr(sys, "argv", ["lrstudy", word])
        hide_addresses()
        return sys.argv[1]

    return hide


@pytest.mark.parametrize(
    ("word", "shown", "address"),
    [
        ("tracking.uri=http://a:b@h:1/x", "tracking.uri=http://***@h:1/x", "http://a:b@h:1/x"),
        ("tracking.uri='http://a:b c@h'", "tracking.uri='http://***@h'", "http://a:b c@h"),
        ("tracking.uri='http://h?k=1'", "tracking.uri='http://h?***'", "http://h?k=1"),
        ("--uri=http://token@h", "--uri=http://***@h", "http://token@h"),
    ],
)
def test_a_typed_address_is_hidden_and_found_again(typed, word, shown, address):
    assert typed(word) == shown
    assert revealed(shown.split("=", 1)[1].strip("'")) == address
    assert revealed(address) == address


def test_what_hydra_resolves_later_is_left_to_it(typed):
    word = "tracking.uri='http://${oc.env:USER}:${oc.env:PASSWORD}@host'"
    assert typed(word) == word


def test_an_address_that_only_a_file_has_masked_is_not_guessed(typed):
    with pytest.raises(InputError, match="give the address itself"):
        revealed("http://***@host:5000")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(address=st.text(min_size=1).map(lambda text: f"http://me:{text}@host"))
def test_every_hidden_address_comes_back_whole(monkeypatch, address):
    monkeypatch.setenv(ADDRESSES_VARIABLE, "")
    assert revealed(hidden(address)) == address
