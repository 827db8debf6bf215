"""The causes of death in words."""

import re

from runner.losses import CAUSE_NAMES, CAUSES
from runner.records import PostMortem


def test_every_cause_of_a_post_mortem_has_words():
    named = set(re.findall(r"`(\w+)`:", PostMortem.__doc__))
    assert named == set(CAUSES) == set(CAUSE_NAMES)
