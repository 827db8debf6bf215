"""Text from outside in the report's Markdown: shown just as it is, wherever it stands."""

import re
from html.parser import HTMLParser

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from analysis.report.escaping import UNPRINTED, code, escape

HOSTILE = [
    "<script>alert(1)</script>",
    "![x](http://evil.example/x.png)",
    "[a](javascript:alert(1)) [b]: http://evil.example",
    "<http://evil.example> &lt;b&gt; &#42;",
    "a | b \\| c \\\\| d",
    "`x` ``y`` ```\n```\n# heading\n\n- item\n1. item\n---",
    "***bold*** __bold__ _it_ ~~gone~~ pick_log",
    "=cmd|' /C calc'!A0",
    "$(touch x) `touch x`; touch x",
    "    four spaces",
    "- item",
    "1. item",
    "===",
    "\x1b[31mred\x07 \u202eright to left",
    "\\",
]

# More than the page's own parser knows: HTML and tables, as GitHub reads report.md.
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class Shown(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


def rendered(template, value):
    environment = jinja2.Environment(autoescape=True, finalize=escape)
    environment.filters["code"] = code
    return Shown(READER.render(environment.from_string(template).render(value=value)))


def plain(text):
    return re.sub("[ \n]+", " ", UNPRINTED.sub(" ", text)).strip()


TABLE = ["table", "thead", "tr", "th", "tbody", "tr", "td"]
PLACES = [
    ("{{ value }} end", "{} end", ["p"]),
    ("in {{ value }} text", "in {} text", ["p"]),
    ("- {{ value }} end", "{} end", ["ul", "li"]),
    ("| a |\n|---|\n| {{ value }} |", "a {}", TABLE),
    ("| a |\n|---|\n| {{ value | code }} |", "a {}", TABLE),
    (
        "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}*x{{ value }}x*{% endcall %}",
        "x{}x",
        ["p", "em"],
    ),
    ("{{ ', the article\\'s: ' if value }}{{ value }}{{ '.' }}", ", the article's: {}.", ["p"]),
]
LETTERS = "ab_*`|\\<>[]()!#&~$-+=.:/@ \n\t1w\u00e4\u202e"


@pytest.mark.parametrize(("template", "expected", "tags"), PLACES)
@settings(max_examples=60)
@given(value=st.text(LETTERS, min_size=1, max_size=30).filter(str.strip) | st.sampled_from(HOSTILE))
def test_a_text_is_shown_as_it_is(template, expected, tags, value):
    found = rendered(template, value)
    assert plain(found.text) == plain(expected.format(value))
    assert [one for one in found.tags if one != "code"] == tags
    assert ("code" in found.tags) == ("code" in template and bool(plain(value)))


def test_an_address_stays_text_where_addresses_become_links():
    shown = rendered_text("http://a.example www.a.example a@a.example; CPU @ 2 GHz")
    assert shown == r"http\://a.example www\.a.example a\@a.example; CPU @ 2 GHz"


def rendered_text(value):
    return str(escape(None, value))


def test_usual_words_stay_as_they_are():
    for usual in ("pick_log, test_acc_batch_mean", "-0.0123 (-0.02 to 0.01)", "5 to 9", "1e-05"):
        assert rendered_text(usual) == usual
