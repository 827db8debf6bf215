"""The command of `make bench`."""

import argparse
import tempfile
from pathlib import Path

from runner import data  # first of all: chooses the BLAS kernel before MXNet is imported

# isort: split
from bench.contenders import NAMES, described
from bench.parts import WITH_COMMANDS, WITH_CONTENDERS
from bench.peer import Pool, write_arrays
from bench.results import Report
from bench.serve import SEED
from bench.setting import Bench, head
from bench.table import markdown, show

RESULT = Path("bench.json")
PARTS = (*WITH_CONTENDERS, *WITH_COMMANDS)


def main():
    """Measure, print the table and write bench.json into the current folder."""
    options = parser().parse_args()
    if options.markdown:
        print(markdown(Report.from_json(options.markdown.read_text())))
        return
    report = Report(head())
    train_split, test_split = (split.first(options.train_limit) for split in data.load())
    try:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            write_arrays(place, (train_split, test_split), SEED)
            with Pool(place) as pool:
                bench = Bench(options.rounds, train_split, test_split, place, pool, report)
                _measure(bench, WITH_CONTENDERS, options.only)
                for sentence in described(bench):
                    report.remark(sentence)
            _measure(bench, WITH_COMMANDS, options.only)
    finally:  # an interrupted bench has measured something too
        RESULT.write_text(report.to_json())
    show(report)
    print(f"Written: {RESULT.resolve()}")


def _measure(bench, parts, only):
    chosen = {name: measure for name, measure in parts.items() if name in only}
    if chosen and parts is WITH_CONTENDERS:
        for kind in (kind for kind in NAMES if not bench.pool.has(kind)):
            bench.report.remark(f"{NAMES[kind]}: skipped, not installed (make peers)")
    for measure in chosen.values():
        measure(bench)


def parser():
    parser = argparse.ArgumentParser(
        prog="python tests/bench", description="Measure how fast lrstudy is, and print a table."
    )
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS)
    )
    parser.add_argument("--rounds", type=int, default=5, help="of each measurement [5]")
    parser.add_argument("--train-limit", type=int, help="first N images only, to try the bench")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="print this bench.json, end")
    return parser
