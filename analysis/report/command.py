"""The command `lrstudy-report`."""

import argparse
import gc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner import __version__
from runner.process import InputError, command, prepare, print_error, require_memory, say, user_path

if TYPE_CHECKING:
    from analysis.reading import Study

EXAMPLES = """examples:
  lrstudy-report                                   the experiment lr-study of this folder
  lrstudy-report --where lr=0.1,1 loss=pick_log    some of its runs
  lrstudy-report --compare SWEEP_A SWEEP_B         two sweeps, seed by seed
  lrstudy-report --printed mine.csv                your printed figures beside your runs
  lrstudy-report --from report --output again      from the tables of a report, without MLflow
"""


def main() -> None:
    """Write the report of an experiment; bad input ends with one line and status 2."""
    prepare()  # before NumPy and MLflow are imported
    with command("lrstudy-report", "started again, it writes the report anew"):
        options = _parser().parse_args()
        formats = options.format.split(",")
        unknown = set(formats) - {"html", "md", "csv"}
        if unknown:
            raise InputError(f"--format must be one or more of html,md,csv, got {options.format}")
        if options.compare and options.sweep:
            raise InputError("--compare and --sweep both choose sweeps; leave out one of them")
        if options.source and (options.uri or options.experiment):
            raise InputError(
                "--from reads tables, --uri and --experiment a store; leave out one or the other"
            )
        require_memory()
        options.output = user_path(options.output)
        options.source = options.source and user_path(options.source)
        options.printed = options.printed and user_path(options.printed)
        gc.disable()  # there is little garbage, and looking for it takes a twentieth of the time
        try:
            _report(options, formats)
        finally:
            gc.enable()


def _report(options: argparse.Namespace, formats: list[str]) -> None:
    from analysis.report.unchanged import record, source_of, unchanged

    source, words = options.source, [*_choice(options), "--format", *formats]
    made_from = source_of(options.uri, options.experiment, source, options.printed)
    there = unchanged(options.output, made_from, words)
    if there:
        say(f"Report unchanged: {there}")
        return
    from runner import data

    if not options.data:
        data.read_ahead(None, data.FASHION_MNIST)  # while this imports pandas and MLflow
    from analysis.printed import read_printed
    from analysis.reading import chosen, load_study, read_study
    from analysis.report.report import write_report
    from analysis.sections import UserTable
    from runner.tracking import recorded_artifacts

    printed = options.printed
    table = UserTable(printed.name, read_printed(printed)) if printed else None
    with recorded_artifacts() as artifacts:
        study = read_study(source) if source else load_study(options.experiment, options.uri)
        for reason in study.left_out:
            print_error("lrstudy-report", f"left out: {reason}")
        two_sweeps = tuple(options.compare) if options.compare else None
        study = chosen(study, two_sweeps or options.sweep, options.where)
        study = replace(study, options=_choice(options), data_root=options.data)
        files = write_report(study, options.output, formats, two_sweeps, table)
    say(f"Report written: {files[0]}")
    is_whole = not study.left_out  # else what is left out is named again each time
    if study.artifacts and not options.where and not two_sweeps:
        is_whole &= _log(study, options.experiment, files)
    if is_whole:
        record(options.output, made_from, words, files, artifacts)


def _choice(options: argparse.Namespace) -> tuple[str, ...]:
    """The words that choose runs, their data and printed figures, as they can be typed again."""
    words = [word for one in options.sweep for word in ("--sweep", one)]
    words += ["--compare", *options.compare] if options.compare else []
    words += ["--printed", str(options.printed)] if options.printed else []
    words += ["--data", options.data] if options.data else []
    return (*words, *(["--where", *options.where] if options.where else []))


def _log(study: "Study", experiment: str | None, files: list[Path]) -> bool:
    """Log the page and the summary to the sweeps they are about; a failure is told, no more.

    Returns whether it succeeded.
    """
    from mlflow.exceptions import MlflowException

    from analysis.reading import log_to_sweeps
    from analysis.report.report import PAGE, TABLE

    kept = [file for file in files if file.name in (PAGE, TABLE)]
    try:
        log_to_sweeps(study.sweeps, experiment, study.uri, kept)
    except (MlflowException, OSError) as error:
        reason = str(error).splitlines()[0]
        print_error("lrstudy-report", f"not logged to MLflow: {reason}")
        return False
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lrstudy-report",
        description="Write the report of an MLflow experiment: a self-contained index.html, "
        "report.md, the pictures, and tables as CSV.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--experiment", help="name [MLFLOW_EXPERIMENT_NAME, else lr-study]")
    parser.add_argument(
        "--uri", help="MLflow store [MLFLOW_TRACKING_URI, else sqlite:///mlflow.db in this folder]"
    )
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="FOLDER",
        help="read runs.csv, epochs.csv and sweeps.csv of a report there instead of MLflow",
    )
    parser.add_argument(
        "--sweep", action="append", default=[], metavar="ID", help="only its runs; may be repeated"
    )
    parser.add_argument(
        "--where",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="only runs with these values, such as lr=0.1,1",
    )
    parser.add_argument(
        "--compare", nargs=2, metavar=("A", "B"), help="two sweeps beside each other, by their ids"
    )
    parser.add_argument(
        "--data", metavar="PLACE", help="folder or file of your own data [where the runs found it]"
    )
    parser.add_argument(
        "--printed",
        type=Path,
        metavar="FILE",
        help="table of printed figures to compare with your runs instead of the "
        "published ones (docs/own.md)",
    )
    parser.add_argument("--output", default="report", type=Path, help="folder to write [report]")
    parser.add_argument(
        "--format", default="html,md,csv", help="one or more of html, md and csv [html,md,csv]"
    )
    parser.add_argument("--version", action="version", version=f"lrstudy {__version__}")
    return parser
