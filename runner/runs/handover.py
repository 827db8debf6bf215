"""What a stack trained, kept until the job of each configuration asks for it."""

from runner.records import Trained

_handed_over: dict[str, Trained | Exception] = {}


def hand_over(config_hash: str, trained: Trained | Exception) -> None:
    """Keep what a configuration's training gave, until its job asks."""
    _handed_over[config_hash] = trained


def handed_over(config_hash: str) -> Trained | None:
    """What a stack trained of this configuration, once; None where it is to be trained alone.

    Raises what the stack raised.
    """
    trained = _handed_over.pop(config_hash, None)
    if isinstance(trained, Exception):
        raise trained
    return trained
