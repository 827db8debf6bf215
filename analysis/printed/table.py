"""Printed tables: figures that trainings printed, read from a CSV file, checked cell by cell.

`published.csv` beside this file is one; a user's has the same columns (docs/own.md).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.reading import MOST_EPOCHS, key_value, read_csv
from runner.configuration import LATER_KEYS
from runner.process import InputError, one_line

FIGURES = ("train_loss", "train_acc", "test_acc")

OF_TRAINING = (
    "source",
    "framework",
    "learning_rate",
    "literal",
    "loss",
    "init_sigma",
    "batch_size",
    "mean_over",
    "differs",
)
"""The columns that say which training a row is of, and what it was."""

COLUMNS = (*OF_TRAINING, "epoch", *FIGURES)

MEANS = {"batches": "_batch_mean", "examples": ""}
"""What a printed figure is the mean over, and how our metric of that mean ends."""

ALIKE = 0.01
"""The largest `init_sigma` at which every form of the loss gives the same figures."""

KEYS = {"learning_rate": "lr", "init_sigma": "init_sigma", "batch_size": "batch_size"}
"""The columns that hold a key of ours."""

LONGEST = 100
"""Characters of a source or framework."""

MOST_DECIMALS = 9
"""More are not told from the rounding of float32, nor fit the integers of the frozen-model test."""

Row = Mapping[str, str]


@dataclass(frozen=True)
class Figure:
    """One printed number: the metric's name here, our step, the value, its decimals."""

    metric: str
    step: int
    value: float
    decimals: int


@dataclass(frozen=True)
class PrintedSequence:
    """The printed epochs of one training: what it was, and its figures.

    `steps` are completed epochs: the printed epoch e is our step e + 1. `figures` are those
    of the epochs printed before a nan; `diverged_step` is the first step printed with a loss that
    is not finite, None where all are finite. `loss` is "log_softmax" where the source does not
    say: at its small `init_sigma` the forms give the same figures. `pooled` says whether the
    figures are means over examples, else of batch means. `differs` is what sets the training
    apart from our runs, in words.
    """

    source: str
    lr: float
    division: str
    loss: str
    init_sigma: float
    batch_size: int
    pooled: bool
    differs: str
    steps: tuple[int, ...]
    figures: tuple[Figure, ...]
    diverged_step: int | None

    @property
    def still(self) -> bool:
        """Whether its step size is 0: a whole learning rate divided as Python 2 does."""
        return self.division == "python2" and self.lr < self.batch_size

    @property
    def name(self) -> str:
        """The source and its learning rate."""
        return f"{self.source}, learning rate {self.lr:.15g}"

    @property
    def settings(self) -> dict[str, float | int | str]:
        """The keys that decide the numbers, as our runs are asked for them."""
        return {
            **LATER_KEYS,
            "lr": self.lr,
            "batch_size": self.batch_size,
            "loss": self.loss,
            "init_sigma": self.init_sigma,
            "division": self.division,
        }


def read_printed(path: Path) -> list[PrintedSequence]:
    """The printed sequences of a table, in its order: one for each source and learning rate.

    Raises `InputError` for a file that is no such table: the row, the column, what is expected.
    """
    trainings: dict[tuple[str, str], list[Row]] = {}
    place = ""
    try:
        for place, cells in read_csv(path):
            row = {name: "nan" if cell is None else cell.strip() for name, cell in cells.items()}
            _check(row)
            rate = f"{float(row['learning_rate']):.15g}"
            rows = trainings.setdefault((row["source"], rate), [])
            _check_beside(row, rows)
            rows.append(row)
            place = ""
        if not trainings:
            raise InputError("it has no row")
    except InputError as error:
        where = f"{path}, {place}" if place else str(path)
        raise InputError(f"{where}: {error}; docs/own.md describes the table") from error
    return [_sequence(rows) for rows in trainings.values()]


def decimals(text: str) -> int:
    """The number of digits after the point of a printed number."""
    return len(text.partition(".")[2])


def _check(row: Row) -> None:
    """Raise `InputError` for a column that is missing or unknown, and for a wrong cell."""
    for name in COLUMNS:
        if name not in row:
            raise InputError(f"it has no column {name}; the columns are {', '.join(COLUMNS)}")
    for name, text in row.items():
        if name not in CHECKS:
            raise InputError(f"{one_line(name)} is not one of the columns {', '.join(COLUMNS)}")
        expected, holds = CHECKS[name]
        if not holds(text):
            raise _wrong(name, expected, text)
    for name, key in KEYS.items():
        try:
            key_value(key, row[name])
        except InputError as error:
            raise InputError(str(error).replace(key, name, 1)) from error
    if row["loss"] or float(row["init_sigma"]) > ALIKE:
        key_value("loss", row["loss"])
    if row["literal"] and _number(row["literal"]) != float(row["learning_rate"]):
        raise _wrong("literal", "the learning rate as the program writes it", row["literal"])
    if not any(row[name] for name in FIGURES):
        raise InputError(f"one of {', '.join(FIGURES)} must be there, all are empty")


def _check_beside(row: Row, earlier: list[Row]) -> None:
    """Raise `InputError` where a row contradicts the rows above of the same training."""
    for name in OF_TRAINING if earlier else ():
        if row[name] != earlier[0][name]:
            expected = f"{earlier[0][name] or 'empty'} as in the row above"
            training = "rows of one source and learning rate are one training"
            raise _wrong(name, f"{expected} ({training})", row[name])
    if earlier and int(row["epoch"]) <= int(earlier[-1]["epoch"]):
        raise _wrong("epoch", f"above {earlier[-1]['epoch']}, that of the row above", row["epoch"])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _plain(text: str, most: float) -> bool:
    """Whether a text is a number in plain digits, up to `most`."""
    plain = re.fullmatch(rf"\d{{1,9}}(\.\d{{1,{MOST_DECIMALS}}})?", text, re.ASCII)
    return plain is not None and float(text) <= most


def _finite(text: str) -> bool:
    return text not in ("nan", "inf")


def _printable(text: str) -> bool:
    return len(text) <= LONGEST and text.isprintable()


_TEXT = f"at most {LONGEST} characters of text"
_DIGITS = f"in plain digits, at most {MOST_DECIMALS} of them after the point"
_ACCURACY = (f"a share from 0 to 1 {_DIGITS}, or empty", lambda text: not text or _plain(text, 1))

CHECKS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "source": (f"1 to {LONGEST} characters of text", lambda text: bool(text) and _printable(text)),
    "framework": (_TEXT, _printable),
    "differs": (_TEXT, _printable),
    **dict.fromkeys(
        ("learning_rate", "init_sigma"), ("a number", lambda text: _number(text) is not None)
    ),
    "literal": ("a number or empty", lambda text: not text or _number(text) is not None),
    "loss": (_TEXT, _printable),
    "batch_size": ("a whole number", lambda text: bool(re.fullmatch("[0-9]{1,9}", text))),
    "mean_over": (" or ".join(MEANS), lambda text: text in MEANS),
    "epoch": (
        f"a whole number from 0 to {MOST_EPOCHS - 1}",
        lambda text: bool(re.fullmatch("[0-9]{1,9}", text)) and int(text) < MOST_EPOCHS,
    ),
    "train_loss": (
        f"a number of at least 0 {_DIGITS}, or nan, inf or empty",
        lambda text: not (text and _finite(text)) or _plain(text, 1e9),
    ),
    "train_acc": _ACCURACY,
    "test_acc": _ACCURACY,
}
"""What a cell of each column must be, in words and as a test; keys of ours are checked as such."""


def _wrong(column: str, expected: str, text: str) -> InputError:
    return InputError(f"{column} must be {expected}, got {one_line(text) or 'nothing'}")


def _sequence(rows: list[Row]) -> PrintedSequence:
    """The rows of one training; the longest figure of a column has its precision.

    A spreadsheet drops the zeros at the end of the others.
    """
    first = rows[0]
    steps = [int(row["epoch"]) + 1 for row in rows]
    lost = [step for step, row in zip(steps, rows, strict=True) if not _finite(row["train_loss"])]
    figures = []
    for name in FIGURES:
        texts = {
            step: row[name]
            for step, row in zip(steps, rows, strict=True)
            if row[name] and not (lost and step >= lost[0])
        }
        digits = max(map(decimals, texts.values()), default=0)
        metric = name + MEANS[first["mean_over"]]
        figures += [Figure(metric, step, float(text), digits) for step, text in texts.items()]
    whole = re.fullmatch("[0-9]+", first["literal"] or first["learning_rate"])
    return PrintedSequence(
        source=first["source"],
        lr=key_value("lr", first["learning_rate"]),
        division="python2" if whole and "python2" in first["framework"] else "python3",
        loss=first["loss"] or "log_softmax",
        init_sigma=key_value("init_sigma", first["init_sigma"]),
        batch_size=int(first["batch_size"]),
        pooled=first["mean_over"] == "examples",
        differs=first["differs"] or first["framework"],
        steps=tuple(steps),
        figures=tuple(figures),
        diverged_step=lost[0] if lost else None,
    )
