"""Figures: what the pictures of several sections are drawn with, in the project's style."""

from analysis.figures.curves import draw_median, epoch_axis, metric_by_epoch
from analysis.figures.drawing import (
    MANY,
    NARROW,
    ON_DARK,
    ON_LIGHT,
    WIDTH,
    for_screens,
    image_axes,
    log_axis,
    panels_beside,
    plain_numbers,
    rate_axis,
    rate_legend,
    rates_of_panels,
    spread,
    svg,
)
from analysis.figures.rates import outcome_by_learning_rate

__all__ = [
    "MANY",
    "NARROW",
    "ON_DARK",
    "ON_LIGHT",
    "WIDTH",
    "draw_median",
    "epoch_axis",
    "for_screens",
    "image_axes",
    "log_axis",
    "metric_by_epoch",
    "outcome_by_learning_rate",
    "panels_beside",
    "plain_numbers",
    "rate_axis",
    "rate_legend",
    "rates_of_panels",
    "spread",
    "svg",
]
