"""Statistics: pure functions of arrays and of the frames that `analysis.load_runs` gives."""

from analysis.statistics.intervals import (
    FEWEST,
    Estimate,
    Floats,
    median,
    percentile_of,
    prediction_interval,
    wilson,
)
from analysis.statistics.paired import (
    PairedComparison,
    accuracies,
    compare_pairs,
    compare_values,
    same_seeds,
)
from analysis.statistics.summaries import (
    SEEDS,
    commonest,
    counted,
    each_seed_once,
    group_keys,
    matching,
    summarise,
    untrained,
    varying,
)
from analysis.statistics.survival import kaplan_meier, updates_per_epoch, updates_reached
from analysis.statistics.variance import variance_by_seeds

__all__ = [
    "FEWEST",
    "SEEDS",
    "Estimate",
    "Floats",
    "PairedComparison",
    "accuracies",
    "commonest",
    "compare_pairs",
    "compare_values",
    "counted",
    "each_seed_once",
    "group_keys",
    "kaplan_meier",
    "matching",
    "median",
    "percentile_of",
    "prediction_interval",
    "same_seeds",
    "summarise",
    "untrained",
    "updates_per_epoch",
    "updates_reached",
    "variance_by_seeds",
    "varying",
    "wilson",
]
