"""Printed figures beside ours: is a printed training one that our program could print?"""

from analysis.printed.article import ARTICLE, ARTICLE_DATA, PRINTED, RATES
from analysis.printed.article_run import (
    LEARNED,
    OTHER_ROWS,
    OWN_SEED,
    WARNED_SEED,
    Band,
    Deaths,
    OwnRun,
    own_orders,
    own_run,
)
from analysis.printed.comparison import (
    LEVEL,
    OFFICIAL,
    Comparison,
    FigureCheck,
    compare,
    data_of,
    training_command,
)
from analysis.printed.frozen.error_rates import cross_validated
from analysis.printed.frozen.published import FrozenTest, judge_printed
from analysis.printed.frozen.rows import printed_runs
from analysis.printed.frozen.untrained import Untrained
from analysis.printed.frozen.verdict import judge
from analysis.printed.lesson import FIRST_LABELS, SOFTMAX, UNTRAINED
from analysis.printed.published import load_published
from analysis.printed.table import PrintedSequence, read_printed

__all__ = [
    "ARTICLE",
    "ARTICLE_DATA",
    "FIRST_LABELS",
    "LEARNED",
    "LEVEL",
    "OFFICIAL",
    "OTHER_ROWS",
    "OWN_SEED",
    "PRINTED",
    "RATES",
    "SOFTMAX",
    "UNTRAINED",
    "WARNED_SEED",
    "Band",
    "Comparison",
    "Deaths",
    "FigureCheck",
    "FrozenTest",
    "OwnRun",
    "PrintedSequence",
    "Untrained",
    "compare",
    "cross_validated",
    "data_of",
    "judge",
    "judge_printed",
    "load_published",
    "own_orders",
    "own_run",
    "printed_runs",
    "read_printed",
    "training_command",
]
