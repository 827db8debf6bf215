"""Reading: MLflow experiments, or a report's own tables, as pandas frames."""

import runner.tracking  # noqa: F401  # first of all: imports MLflow quietly

# isort: split
from analysis.reading.parameters import load_parameters
from analysis.reading.post_mortems import FatalImage, load_fatal_image
from analysis.reading.rows import EPOCH_METRICS, MOST_EPOCHS, PARAMS, SILENT, key_value
from analysis.reading.runs import load_runs
from analysis.reading.study import Study, chosen, load_study, read_study
from analysis.reading.sweeps import log_to_sweeps
from analysis.reading.tables import read_csv, to_csv

__all__ = [
    "EPOCH_METRICS",
    "MOST_EPOCHS",
    "PARAMS",
    "SILENT",
    "FatalImage",
    "Study",
    "chosen",
    "key_value",
    "load_fatal_image",
    "load_parameters",
    "load_runs",
    "load_study",
    "log_to_sweeps",
    "read_csv",
    "read_study",
    "to_csv",
]
