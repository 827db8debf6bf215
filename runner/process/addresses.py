"""Keeps the secrets of addresses out of files: they travel in the environment only.

What is typed, configured and saved holds the masked address. The one that opens the store
gets the address itself back, in the command and in the workers that inherit its environment.
"""

import json
import os
import re
import sys

from runner.process.errors import MASK, InputError, masked

ADDRESSES_VARIABLE = "LRSTUDY_ADDRESSES"
"""Holds the addresses that were hidden, by their masked form, as JSON."""

TRACKING_VARIABLE = "MLFLOW_TRACKING_URI"

_ADDRESS = re.compile(r"""[A-Za-z][A-Za-z0-9+.-]*://.*?(?=["']?$)""", re.DOTALL)
_MASKED = re.compile(rf"(://{re.escape(MASK)}@|\?{re.escape(MASK)})")

_BLANKS = {ord(blank): 0xF0000 + ord(blank) for blank in " \t\n\r\v\f"}
"""Stand-ins for the blanks of a word, so that one in a password does not end the address."""


def hide_addresses() -> None:
    """Mask the addresses that were typed or are in the environment, and remember them.

    What Hydra has yet to resolve is left to `runner.keys.hide_address`.
    """
    sys.argv[1:] = [word if "${" in word else hidden(word) for word in sys.argv[1:]]
    if TRACKING_VARIABLE in os.environ:
        os.environ[TRACKING_VARIABLE] = hidden(os.environ[TRACKING_VARIABLE])


def hidden(word: str) -> str:
    """A word with its address masked, which is remembered."""
    short = masked(word.translate(_BLANKS)).translate({new: old for old, new in _BLANKS.items()})
    address, name = _ADDRESS.search(word), _ADDRESS.search(short)
    if short != word and address and name:
        known = _remembered() | {name.group(): address.group()}
        os.environ[ADDRESSES_VARIABLE] = json.dumps(known)
    return short


def revealed(address: str) -> str:
    """The address that was hidden under this masked one; any other address is returned as it is.

    Raises `InputError` for a masked address that this command was not given.
    """
    if not _MASKED.search(address):
        return address
    try:
        return _remembered()[address]
    except KeyError:
        raise InputError(
            f"the user, password or query of {address} is masked and kept in no file; give the "
            f"address itself, or set {TRACKING_VARIABLE} to it"
        ) from None


def _remembered() -> dict[str, str]:
    known: dict[str, str] = json.loads(os.environ.get(ADDRESSES_VARIABLE) or "{}")
    return known
