"""The report: a page that stands alone, the same as Markdown, its pictures, and tables as CSV."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from analysis.reading import Study, to_csv
from analysis.report.explorer import explorer
from analysis.report.findings import Findings, findings
from analysis.report.page import FIGURES, html, markdown
from analysis.sections import UserTable
from runner.process import InputError

FORMATS = ("html", "md", "csv")

PAGE, TABLE = "index.html", "summary.csv"
"""What is logged to MLflow too."""


def write_report(
    study: Study,
    output: Path,
    formats: Collection[str] = FORMATS,
    two_sweeps: tuple[str, str] | None = None,
    table: UserTable | None = None,
) -> list[Path]:
    """Write the report of a study into a folder; the files written, the first to be opened.

    `html` gives `index.html`, `md` gives `report.md`, both give `figures/*.svg`; `csv` gives
    `summary.csv`, `paired.csv` where settings were compared, and `runs.csv`, `epochs.csv` and
    `sweeps.csv`, which `read_study` reads. `two_sweeps` are the ids of two to compare,
    `table` has a user's printed figures.

    Raises `InputError` where the folder cannot be written.
    """
    found = findings(study, two_sweeps, table)
    files: dict[str, str] = {}
    if {"html", "md"} & set(formats):
        text = markdown(study, found)
        pictures, narrow = (
            {name: one[kind] for name, one in found.sections.items() if one.get(kind)}
            for kind in ("picture", "narrow")
        )
        if "html" in formats:
            dots = found.sections.get("headline", {}).get("dots", {})
            files[PAGE] = html(text, pictures, narrow, explorer(study, dots))
        if "md" in formats:
            files["report.md"] = text
        files |= {f"{FIGURES}/{name}.svg": picture for name, picture in pictures.items()}
    if "csv" in formats:
        files |= _tables(study, found)
    try:
        for name, content in files.items():
            path = output / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{output} must be a folder that can be written, {error.strerror}; "
            "choose another with --output"
        ) from error
    return [output / name for name in files]


def _tables(study: Study, found: Findings) -> dict[str, str]:
    frames = {
        "summary": found.summary,
        "runs": study.runs,
        "epochs": study.epochs,
        "sweeps": study.sweeps,
    }
    if paired := found.sections.get("paired"):
        frames["paired"] = pd.DataFrame(paired["every"]).drop(columns=["difference", "needed"])
    return {f"{name}.csv": to_csv(frame) for name, frame in frames.items()}
