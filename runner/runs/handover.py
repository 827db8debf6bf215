"""What a stack trained, kept until the job of each configuration asks for it."""

from runner.records import Trained

_trained: dict[str, Trained | Exception] = {}


def hand_over(config_hash: str, trained: Trained | Exception) -> None:
    """Keep what a configuration's training gave, until its job asks."""
    _trained[config_hash] = trained


def collect_trained(config_hash: str) -> Trained | None:
    """What a stack trained of this configuration, once; None where it is to be trained alone.

    Raises what the stack raised.
    """
    trained = _trained.pop(config_hash, None)
    if isinstance(trained, Exception):
        raise trained
    return trained
