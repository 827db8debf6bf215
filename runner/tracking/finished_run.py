"""What a finished run must hold; one that lacks it is named and left out, and costs no other."""

import re

from mlflow.entities import Run

from runner.configuration import ALWAYS_LOGGED
from runner.process import one_line
from runner.records import OUTCOMES

IDENTIFIER = re.compile("[0-9a-f]{1,64}")
"""What `config_hash` and `sweep_id` are: hexadecimal digits."""

WIDEST_STACK = 10_000
"""Above this, a tag `stack_width` is not believed."""


def damage(run: Run) -> str | None:
    """What a FINISHED run lacks, as a clause; None for a run that is whole."""
    tags = run.data.tags
    for name in ("config_hash", "sweep_id"):
        if not IDENTIFIER.fullmatch(tags.get(name, "")):
            return _wrong(f"tag {name}", tags.get(name))
    if tags.get("outcome") not in OUTCOMES:
        return _wrong("tag outcome", tags.get("outcome"))
    missing = [name for name in ALWAYS_LOGGED if name not in run.data.params]
    if missing:
        return _wrong(f"parameter {missing[0]}", None)
    return None if "test_acc" in run.data.metrics else _wrong("metric test_acc", None)


def stack_width(run: Run) -> int | None:
    """How many configurations began together with this run; None if its tag does not say."""
    text = run.data.tags.get("stack_width", "")
    width = int(text) if re.fullmatch("[0-9]{1,9}", text) else 0
    return width if 1 <= width <= WIDEST_STACK else None


def _wrong(what: str, text: str | None) -> str:
    return f"it has no {what}" if text is None else f"its {what} is {one_line(text)}"
