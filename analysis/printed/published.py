"""The printed figures that the study is compared with; docs/published.md says where from."""

from pathlib import Path

from analysis.printed.table import PrintedSequence, read_printed

PUBLISHED = Path(__file__).with_name("published.csv")


def load_published() -> list[PrintedSequence]:
    """All printed sequences of `published.csv`, in its order.

    The article's learning rate 1 is written `1` in a program for Python 2, whose step size is
    an integer division: its counterpart here is `division=python2`.
    """
    return read_printed(PUBLISHED)
