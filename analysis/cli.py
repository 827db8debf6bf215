"""The command `lrstudy-report`."""

import argparse
import sys
from pathlib import Path

from runner import __version__
from runner.errors import InputError


def main() -> None:
    """Write the report of an experiment; bad input ends with one line and status 2."""
    parser = argparse.ArgumentParser(
        prog="lrstudy-report",
        description="Write the report of an MLflow experiment: index.html and three tables as CSV.",
        epilog="Example: lrstudy-report --experiment lr-study --output report",
    )
    parser.add_argument("--experiment", default="lr-study", help="name [lr-study]")
    parser.add_argument(
        "--uri", help="MLflow store [MLFLOW_TRACKING_URI, else sqlite:///mlflow.db in this folder]"
    )
    parser.add_argument("--output", default="report", type=Path, help="folder to write [report]")
    parser.add_argument("--version", action="version", version=f"lrstudy {__version__}")
    options = parser.parse_args()

    from analysis.report import write_report  # pandas and MLflow take seconds: not for --help

    try:
        index = write_report(options.experiment, options.uri, options.output)
    except InputError as error:
        print(f"lrstudy-report: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    print(f"Report written: {index}")
