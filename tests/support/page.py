"""A page of HTML, taken apart."""

import json
import re
from html.parser import HTMLParser


class Page(HTMLParser):
    """The tags, addresses and text of a page; a tag that is not closed is an error."""

    VOID = frozenset({"meta", "img", "br", "hr"})

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.addresses, self.text = [], [], [], ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def explored_runs(text):
    """What the report's page holds of its runs for its script."""
    found = re.findall(r'<script id="explored-runs" type="application/json">(.*?)</script>', text)
    assert len(found) == 1
    return json.loads(found[0])
