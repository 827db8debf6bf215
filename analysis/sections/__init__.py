"""The sections of the report."""

from analysis.sections.edge.section import edge_section
from analysis.sections.edge.sentences import of_grid_end
from analysis.sections.forms.doomed import doomed_seeds
from analysis.sections.forms.section import counterfactual_section
from analysis.sections.frozen import frozen_section
from analysis.sections.learnt import model_sections
from analysis.sections.overview import overview
from analysis.sections.two_sweeps import two_sweeps_section

__all__ = [
    "counterfactual_section",
    "doomed_seeds",
    "edge_section",
    "frozen_section",
    "model_sections",
    "of_grid_end",
    "overview",
    "two_sweeps_section",
]
