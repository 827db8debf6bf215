"""The analysis reads runs back from MLflow, tabulates, plots and writes the report.

`runs`         an experiment as tidy pandas frames: one row per run, one per run and epoch
`statistics`   figures over seeds: pure functions of frames
`published`    the printed figures the study is compared with
`figures`      the pictures
`report`       the report: one HTML file, and the tables as CSV
`cli`          the command `lrstudy-report`

In a notebook: `runs, epochs = analysis.load_runs()`. Never imports MXNet.
"""

from analysis.runs import load_runs

__all__ = ["load_runs"]
