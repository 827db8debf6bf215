"""The list of sections, and the templates in them."""

import re

import pytest

from analysis.sections import SECTIONS


def test_no_two_sections_have_the_same_name():
    names = [section.name for section in SECTIONS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_section_shows_its_own_picture_or_a_table(section):
    assert section.figure or section.tables
    if section.figure:
        pictures = re.findall(
            r'{% call figure\("(\w+)", section.number, "[^"]+"\) %}', section.figure
        )
        assert pictures == [section.name]
