"""Printed figures beside ours: is a printed training one that our program could print?"""

from analysis.printed.article import ARTICLE, PRINTED, RATES
from analysis.printed.comparison import LEVEL, Comparison, FigureCheck, compare
from analysis.printed.frozen.error_rates import cross_validated
from analysis.printed.frozen.published import FrozenTest, judge_published
from analysis.printed.frozen.rows import printed_runs
from analysis.printed.frozen.untrained import Untrained
from analysis.printed.frozen.verdict import judge
from analysis.printed.published import load_published

__all__ = [
    "ARTICLE",
    "LEVEL",
    "PRINTED",
    "RATES",
    "Comparison",
    "FigureCheck",
    "FrozenTest",
    "Untrained",
    "compare",
    "cross_validated",
    "judge",
    "judge_published",
    "load_published",
    "printed_runs",
]
