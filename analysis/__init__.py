"""The analysis reads runs back from MLflow, tabulates, plots and writes the report.

`runs`         an experiment as tidy pandas frames: one row per run, one per run and epoch
`statistics`   figures over seeds: pure functions of frames
`published`    the printed figures the study is compared with
`frozen`       the frozen-model test of a printed training, and its sentence
`printed`      trainings as texts with the digits that were printed
`lattice`      the training accuracies that a model that never moved can print
`untrained`    such models simulated
`monte_carlo`  several figures beside simulated ones: one p-value
`error_rates`  how often the frozen-model test errs
`grid`         the runs of a fine grid of learning rates
`sensitivity`  divergence, accuracy and learning-rate sensitivity on a grid
`curvature`    the largest eigenvalue of the training loss's Hessian
`bounds`       the bound on the learning rate that follows from it
`edge`         the report's section on the grid; `edge_words`, `edge_figures`
`figures`      the pictures
`report`       the report: one HTML file, and the tables as CSV
`cli`          the command `lrstudy-report`

In a notebook: `runs, epochs = analysis.load_runs()`. Never imports MXNet.
"""

from typing import TYPE_CHECKING, Any

import runner  # noqa: F401  # first of all: makes MLflow quiet and private before its import

if TYPE_CHECKING:
    from analysis.runs import load_runs

__all__ = ["load_runs"]


def __getattr__(name: str) -> Any:
    """Import pandas and MLflow, which take seconds, only when they are needed."""
    if name == "load_runs":
        from analysis.runs import load_runs

        return load_runs
    raise AttributeError(f"module 'analysis' has no attribute {name!r}")
