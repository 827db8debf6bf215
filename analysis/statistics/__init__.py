"""Statistics: pure functions of arrays and of the frames that `analysis.load_runs` gives."""

from analysis.statistics.design import SEEDS, choose, seeds_and_orders
from analysis.statistics.intervals import (
    FEWEST,
    Estimate,
    Floats,
    normal_prediction_interval,
    percentile_of,
    prediction_interval,
    resampling_error,
    wilson,
)
from analysis.statistics.needed import MOST, Needed, needed
from analysis.statistics.paired import (
    PairedComparison,
    accuracies,
    all_comparisons,
    compare_pairs,
    compare_values,
    same_seeds,
)
from analysis.statistics.ranking import FormsRanked, Ranking, Setting, learned, rank, rank_forms
from analysis.statistics.summaries import (
    commonest,
    counted,
    counting,
    each_seed_once,
    group_keys,
    matching,
    summarise,
    untrained,
    varying,
)
from analysis.statistics.survival import kaplan_meier, updates_per_epoch, updates_reached
from analysis.statistics.two_way import mean, median, share
from analysis.statistics.variance import variance_by_seeds

__all__ = [
    "FEWEST",
    "MOST",
    "SEEDS",
    "Estimate",
    "Floats",
    "FormsRanked",
    "Needed",
    "PairedComparison",
    "Ranking",
    "Setting",
    "accuracies",
    "all_comparisons",
    "choose",
    "commonest",
    "compare_pairs",
    "compare_values",
    "counted",
    "counting",
    "each_seed_once",
    "group_keys",
    "kaplan_meier",
    "learned",
    "matching",
    "mean",
    "median",
    "needed",
    "normal_prediction_interval",
    "percentile_of",
    "prediction_interval",
    "rank",
    "rank_forms",
    "resampling_error",
    "same_seeds",
    "seeds_and_orders",
    "share",
    "summarise",
    "untrained",
    "updates_per_epoch",
    "updates_reached",
    "variance_by_seeds",
    "varying",
    "wilson",
]
