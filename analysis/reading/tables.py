"""The report's tables as CSV: safe to open in a spreadsheet, and read back to the same values."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from runner.process import InputError

MISSING = "nan"
"""What stands in a cell that has no value."""

MOST_BYTES = 10**9
"""A larger table is not read: its rows would need a multiple of that in memory."""

GUARDED = re.compile(
    r"'*([=+\-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    r"\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}]|nan$)"
)
"""Texts that get an apostrophe in front.

A spreadsheet takes a text that begins with one of these characters for a formula, and would run it
(OWASP, CSV Injection). Those with apostrophes before them, and the text that looks like a missing
value, get one too, so that taking it away again gives every text back.
"""


def to_csv(frame: pd.DataFrame) -> str:
    """A frame as CSV; only texts are guarded, numbers stay numbers."""
    guarded = frame.copy()
    for name in frame:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            guarded[name] = frame[name].map(_guard)
    return guarded.to_csv(index=False, na_rep=MISSING)


def read_csv(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row of a table by column, a text or None in each cell, after its place in words.

    Raises `InputError` for what is not a table: columns of the same name, rows that are longer
    or shorter than the head, a quote that is never closed, bytes that are no text.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise ValueError("it is not a file")
        if size > MOST_BYTES:
            raise ValueError(f"it has {size / 1e9:.1f} GB, more than {MOST_BYTES / 1e9:.0f}")
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            head = next(reader, [])
            double = next((name for name in head if head.count(name) > 1), None)
            if double is not None:
                raise ValueError(f"it has two columns {double}")
            for cells in reader:
                place = f"line {reader.line_num}"
                if len(cells) != len(head):
                    raise ValueError(f"{place} has {len(cells)} of {len(head)} cells")
                yield place, dict(zip(head, map(_value, cells), strict=True))
    except (OSError, ValueError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(str(reason)) from error


def _guard(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and GUARDED.match(value) else value


def _value(cell: str) -> str | None:
    if cell == MISSING:
        return None
    return cell[1:] if cell.startswith("'") and GUARDED.match(cell) else cell
