"""Sections: the parts of the report, each one object in one file or folder.

To add one, write a file with a `Section` and put the object in the list. What it shares with
others it takes from `Evidence`.
"""

from analysis.sections.batch_sizes import BATCH_SIZES
from analysis.sections.comparison import COMPARISON
from analysis.sections.confusion import CONFUSION
from analysis.sections.counterfactuals.section import COUNTERFACTUALS
from analysis.sections.death import DEATH
from analysis.sections.edge.section import EDGE
from analysis.sections.epochs import EPOCHS
from analysis.sections.evidence import Evidence, UserTable
from analysis.sections.frozen import FROZEN
from analysis.sections.headline import HEADLINE
from analysis.sections.horizon.section import HORIZON
from analysis.sections.naming import form_name, in_order, in_words, setting_name
from analysis.sections.own_run.section import OWN_RUN
from analysis.sections.paired import PAIRED
from analysis.sections.predictions import PREDICTIONS
from analysis.sections.rates import RATES
from analysis.sections.remedies import REMEDIES_TRIED
from analysis.sections.section import PLACES, Contents, Section
from analysis.sections.survival import SURVIVAL
from analysis.sections.two_sweeps import TWO_SWEEPS
from analysis.sections.variance import VARIANCE
from analysis.sections.weights import WEIGHTS

SECTIONS: list[Section] = [
    HEADLINE,
    DEATH,
    TWO_SWEEPS,
    EPOCHS,
    RATES,
    BATCH_SIZES,
    SURVIVAL,
    PAIRED,
    VARIANCE,
    COUNTERFACTUALS,
    OWN_RUN,
    COMPARISON,
    FROZEN,
    EDGE,
    HORIZON,
    REMEDIES_TRIED,
    WEIGHTS,
    PREDICTIONS,
    CONFUSION,
]
"""Every section, in the order of the page."""

__all__ = [
    "PLACES",
    "SECTIONS",
    "Contents",
    "Evidence",
    "Section",
    "UserTable",
    "form_name",
    "in_order",
    "in_words",
    "setting_name",
]
