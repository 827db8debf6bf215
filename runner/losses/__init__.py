"""Losses: the forms of the cross-entropy, and how a run with each of them can die.

Each form is one object in one file, listed in `LOSSES`. Nothing here imports MXNet, so the keys,
the help and the report can use the list too.
"""

from runner.losses.causes import CAUSE_NAMES, CAUSES
from runner.losses.form import Finding, LossForm, Mechanism
from runner.losses.log_clip import LOG_CLIP
from runner.losses.log_eps import LOG_EPS
from runner.losses.log_pick import LOG_PICK
from runner.losses.log_softmax import LOG_SOFTMAX
from runner.losses.max_pick_log import MAX_PICK_LOG
from runner.losses.pick_log import PICK_LOG

LOSSES: dict[str, LossForm] = {
    form.name: form
    for form in (
        PICK_LOG,
        LOG_PICK,
        LOG_SOFTMAX,
        MAX_PICK_LOG,
        LOG_EPS,
        LOG_CLIP,
    )
}
"""Each form by the name that users type. The first, the article's, is the default."""

__all__ = ["CAUSES", "CAUSE_NAMES", "LOSSES", "Finding", "LossForm", "Mechanism"]
