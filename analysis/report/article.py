"""The command `lrstudy-article`: the lesson's checks, as printed and as they come out here."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from runner import __version__, data
from runner.data import FASHION_MNIST, FASHION_MNIST_2017_08_26, DataSet
from runner.process import InputError, command, prepare, say

if TYPE_CHECKING:
    from analysis.report.lesson_checks import Check


def main() -> None:
    """Print the checks; bad input ends with one line and status 2."""
    prepare()  # before pandas and MLflow are imported
    with command("lrstudy-article", "started again, it prints the checks anew"):
        options = _parser().parse_args()
        for check in _checks(options):
            say(f"{check.what}\n  printed  {check.printed}\n  here     {check.here}")
            say(f"  {check.verdict}\n")


def _checks(options: argparse.Namespace) -> "Iterator[Check]":
    # pandas and MLflow take seconds: not for --help
    from analysis.printed import OTHER_ROWS
    from analysis.reading import load_runs
    from analysis.report import lesson_checks

    data_set = _data_set(options.data)
    splits = data.load(options.data, data_set)
    if data_set is not FASHION_MNIST_2017_08_26:
        say(
            f"The article had {FASHION_MNIST_2017_08_26.title}, which is not on this machine: "
            "give its folder with --data FOLDER.\n"
        )
    yield from lesson_checks.checks_of_data(data_set, *splits)
    yield from lesson_checks.checks_of_draws()
    try:
        runs, epochs = load_runs(options.experiment, options.uri)
    except InputError as error:
        say(
            f"Its rows and predictions are not compared: {error}; "
            "lrstudy +experiment=article trains them"
        )
        return
    yield from lesson_checks.checks_of_rows(runs, epochs)
    yield lesson_checks.check_of_predictions(runs, options.uri, data_set, splits[1])
    say(OTHER_ROWS)


def _data_set(folder: str | None) -> DataSet:
    """The data set in a folder; else the article's upload where it is here, or the official one."""
    if folder is not None:
        return data.recognise(folder)
    here = data.locate(None, FASHION_MNIST_2017_08_26)
    return FASHION_MNIST_2017_08_26 if here else FASHION_MNIST


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lrstudy-article",
        description="Print what the article prints, with our results beside it: the first labels, "
        "the check of softmax, the untrained accuracy, its three rows and nine predictions.",
    )
    parser.add_argument(
        "--data", metavar="FOLDER", help="folder of the four files; which upload is recognised"
    )
    parser.add_argument("--experiment", help="name [MLFLOW_EXPERIMENT_NAME, else lr-study]")
    parser.add_argument(
        "--uri", help="MLflow store [MLFLOW_TRACKING_URI, else sqlite:///mlflow.db in this folder]"
    )
    parser.add_argument("--version", action="version", version=f"lrstudy {__version__}")
    return parser


if __name__ == "__main__":
    main()
