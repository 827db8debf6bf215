"""What an error says holds no secret of an address."""

import re
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runner.process.errors import InputError, masked

PLAIN = (
    "http://host:5000/a@b",
    "sqlite:////home/me@corp/mlflow.db",
    "file:///home/me@corp/mlartifacts",
    "http://[::1]:5000/a@b",
    "see http://host/#/experiments/1/runs?searchFilter=x",
    "me@host, host:5000 and a?b",
)


def test_passwords_of_addresses_are_masked():
    text = "uri: postgresql://me:{}@db:5432/runs, http://host:5000/a@b"
    for password in ("p4ss", "p@4:ss", "p/4?s#s"):
        said = masked(text.format(password))
        assert said == "uri: postgresql://***@db:5432/runs, http://host:5000/a@b"


@pytest.mark.parametrize("text", PLAIN)
def test_an_address_without_secrets_is_left_alone(text):
    assert masked(text) == text


def test_quotes_around_an_address_are_left_alone():
    assert masked("('http://host/x?token=1')") == "('http://host/x?***')"
    assert masked("tracking.uri='http://me:p@host'") == "tracking.uri='http://***@host'"


SECRET = st.text(min_size=1).map(lambda text: f"s3cret{text}")
ENCODED = SECRET.map(lambda text: quote(text, safe="!$&'()*+,;="))
TYPED = st.one_of(
    ENCODED, SECRET.filter(lambda text: not any(map(str.isspace, text)) and "://" not in text)
)


@given(
    user=TYPED,
    password=st.none() | TYPED,
    query=st.none() | ENCODED,
    scheme=st.sampled_from(["http", "https", "postgresql+psycopg2", "s3"]),
    around=st.sampled_from(["{}", "at {}, and", "tracking.uri='{}'", '{{"uri": "{}"}}', "({})."]),
)
def test_no_part_of_an_address_that_may_be_a_secret_is_left(user, password, query, scheme, around):
    """As it should be typed, percent-encoded, and as people do."""
    who = user if password is None else f"{user}:{password}"
    assume(not re.match(r"[^/?#@:\[]*(:\d*)?[/?#]", who))  # reads as a host and a path, /@name
    address = f"{scheme}://{who}@host:5000/runs" + ("" if query is None else f"?{query}")
    text = masked(around.format(address))
    assert "s3cret" not in text
    assert f"{scheme}://***@host:5000/runs" in text or "@" in (query or "")
    assert masked(text) == text
    assert str(InputError(around.format(address))) == text
