"""A verdict: what a study says, in one sentence and one number."""

from typing import NamedTuple

LONGEST = 15
"""Words of a claim."""


class Verdict(NamedTuple):
    """A `claim` of at most 15 words, and a line with the `number` that it rests on."""

    claim: str
    number: str


def short(*claims: str) -> str:
    """The first of these claims that has at most 15 words; the last one must."""
    return next(claim for claim in claims if len(claim.split()) <= LONGEST)
