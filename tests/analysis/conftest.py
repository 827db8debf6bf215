"""What the tests of the pictures share."""

import re

import pytest


@pytest.fixture
def drawn(monkeypatch):
    """Call a function that gives SVG and get Matplotlib's figure instead."""

    def draw(function, *arguments):
        monkeypatch.setattr(f"{function.__module__}.svg", lambda figure: figure)
        return function(*arguments)

    return draw


@pytest.fixture(scope="session")
def panels():
    """How many panels an SVG has."""

    def count(svg):
        assert svg.rstrip().endswith("</svg>")
        return len(re.findall('id="axes_', svg))

    return count
