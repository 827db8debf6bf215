"""The bench's results as a table: in the terminal, and as Markdown."""

from itertools import groupby

from rich.console import Console
from rich.table import Table

COLUMNS = ("what", "median", "from", "to", "", "rounds", "goal")

WIDTH = 140
"""Columns of a table that is written to a file."""


def show(report):
    """Print the table, what the machine is, and what was remarked."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    table = Table(title="make bench")
    for number, name in enumerate(COLUMNS):
        table.add_column(name, justify="right" if 1 <= number <= 3 else "left")
    for section, rows in sections(report):
        table.add_section()
        table.add_row(f"[bold]{section}")
        for row in rows:
            table.add_row(*cells(row))
    console.print(table)
    for sentence in said(report):
        console.print(sentence, highlight=False, markup=False)


def markdown(report):
    """The table as Markdown, one for each section."""
    lines = []
    for section, rows in sections(report):
        lines += ["", f"| {section} | median (from to) | goal |", "|---|---:|---|"]
        for row in rows:
            what, median, low, high, unit, rounds, goal = cells(row)
            spread = f" ({low} to {high})" if int(rounds) > 1 else ""
            lines.append(f"| {what} | {median}{spread} {unit} | {goal} |")
    return "\n".join([*said(report), *lines])


def sections(report):
    """The rows by section, in their order."""
    order = list(dict.fromkeys(row.section for row in report.rows))
    rows = sorted(report.rows, key=lambda row: order.index(row.section))
    return [(name, list(some)) for name, some in groupby(rows, key=lambda row: row.section)]


def cells(row):
    """The texts of a row."""
    goal = ""
    if row.goal:
        verdict = "reached" if row.goal.reached(row.median) else "MISSED"
        goal = f"{row.goal.kind} {row.goal.value:g}: {verdict}"
    figures = [figure(value) for value in (row.median, min(row.values), max(row.values))]
    return row.name, *figures, row.unit, str(len(row.values)), goal


def figure(value):
    """Three significant digits, without an exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    text = f"{value:.3g}"
    return text if "e" not in text else f"{value:.7f}".rstrip("0")


def said(report):
    """The head and the remarks, a sentence each."""
    return [*(f"{name}: {value}" for name, value in report.head.items()), *report.remarks]
