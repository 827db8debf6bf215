"""Pictures that several sections draw, in the project's style: each function gives SVG text."""

from analysis.figures.batch_sizes import learning_rate_by_batch_size
from analysis.figures.drawing import WIDTH, plain_numbers, spread, svg
from analysis.figures.epochs import epochs_by_learning_rate, epochs_by_loss, rates_of_panels
from analysis.figures.printed import printed_beside_ours
from analysis.figures.rates import outcome_by_learning_rate
from analysis.figures.survival import survival_by_learning_rate

__all__ = [
    "WIDTH",
    "epochs_by_learning_rate",
    "epochs_by_loss",
    "learning_rate_by_batch_size",
    "outcome_by_learning_rate",
    "plain_numbers",
    "printed_beside_ours",
    "rates_of_panels",
    "spread",
    "survival_by_learning_rate",
    "svg",
]
