"""The analysis reads runs back from MLflow, tabulates, plots and writes the report.

Its rooms, highest first. Each imports only from those below it, through their `__init__.py`:

`report`      the commands, the page and its files, and what it opens with
`sections`    the parts of the report, a file or folder each
`figures`     what several sections draw with
`printed`     printed figures beside ours
`statistics`  intervals, pairs, variance, survival
`reading`     MLflow or tables as frames

Beside them stand `formatting` (numbers and settings as texts) and `cache` (what is kept of slow
computations).

In a notebook: `runs, epochs = analysis.load_runs()`. Never imports MXNet. Variables and logging
levels of the process are as before, once it has answered.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.reading import load_runs

__all__ = ["load_runs"]


def __getattr__(name: str) -> Any:
    """Import pandas and MLflow, which take seconds, only when they are needed."""
    if name == "load_runs":
        from analysis.reading import load_runs

        return load_runs
    raise AttributeError(f"module 'analysis' has no attribute {name!r}")
