"""The analysis reads runs back from MLflow, tabulates, plots and writes the report.

`runs`             an experiment as tidy pandas frames: one row per run, one per run and epoch
`parameters`       the parameters that a run logged
`statistics`       runs grouped by configuration, and a summary of each group over its seeds
`intervals`        mean, median, interquartile mean, shares: estimates with 95 % intervals
`paired`           configurations compared on the same seeds
`variance`         how much of the variance comes from `seed`, how much from `order_seed`
`survival`         updates until divergence
`published`        the printed figures the study is compared with
`comparison`       the printed figures beside ours: prediction intervals and joint tests
`frozen`           the test whether a printed model moved at all
`counterfactuals`  what else could have been printed
`edge`             from which learning rate on training breaks
`sweeps`           the sweeps of an experiment: the commands behind its runs
`study`            the runs that a report is about, from MLflow or from the report's tables
`models`           trained models, read back
`figures`          the pictures
`answer`           what the study says in three sentences, and what to beware of
`overview`         the sections that any study has
`learnt`           the sections on what trained models have learnt
`two_sweeps`       the section that compares two sweeps
`sections`         all sections of the report, and why one is left out
`provenance`       how a study was made, and what makes it again
`words`            numbers and values as a person writes them
`page`             the report as Markdown, and the page from it
`report`           the report's files
`cli`              the command `lrstudy-report`

In a notebook: `runs, epochs = analysis.load_runs()`. Never imports MXNet.
"""

from typing import TYPE_CHECKING, Any

import runner  # noqa: F401  # first of all: makes MLflow quiet and private before its import

if TYPE_CHECKING:
    from analysis.reading import load_runs

__all__ = ["load_runs"]


def __getattr__(name: str) -> Any:
    """Import pandas and MLflow, which take seconds, only when they are needed."""
    if name == "load_runs":
        from analysis.reading import load_runs

        return load_runs
    raise AttributeError(f"module 'analysis' has no attribute {name!r}")
