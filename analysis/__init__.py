"""The analysis reads runs back from MLflow, tabulates, plots and writes the report.

Its rooms, each may use those before it: `reading`, `statistics`, `formatting`, `printed`,
`figures`, `sections`, `report`. In a notebook: `runs, epochs = analysis.load_runs()`. Never
imports MXNet. Variables and logging levels of the process are as before, once it has answered.
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
