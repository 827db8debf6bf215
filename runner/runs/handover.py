"""Keeps what a stack trained until the job of each configuration collects it."""

import contextlib
from collections.abc import Iterator, Mapping

from runner.records import Trained

_trained: dict[str, Trained | Exception] = {}


@contextlib.contextmanager
def handed_over(trained: Mapping[str, Trained | Exception]) -> Iterator[None]:
    """In the block the jobs of these configurations (by hash) collect what was trained for them."""
    _trained.update(trained)
    try:
        yield
    finally:
        _trained.clear()


def is_trained(config_hash: str) -> bool:
    """Whether a stack trained the configuration, and its job has not collected the result."""
    return isinstance(_trained.get(config_hash), Trained)


def collect_trained(config_hash: str) -> Trained | None:
    """Take the result for a configuration; None if no stack trained it.

    Raises what the stack raised.
    """
    trained = _trained.pop(config_hash, None)
    if isinstance(trained, Exception):
        raise trained
    return trained
