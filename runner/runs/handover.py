"""Keeps what a stack trained until the job of each configuration collects it."""

from runner.records import Trained

_trained: dict[str, Trained | Exception] = {}


def hand_over(config_hash: str, trained: Trained | Exception) -> None:
    """Keep the result of a configuration's training for its job."""
    _trained[config_hash] = trained


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
