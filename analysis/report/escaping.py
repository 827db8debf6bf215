"""Text in the report's Markdown: what a store, a table or a command line says is shown, not obeyed.

Every value that a template prints is escaped, unless it is `Markup`: what templates, macros and the
filters below make on purpose. So a new template is safe without a thought.
"""

import re

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup

UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
"""Line ends and other controls, and marks that turn the direction of writing."""

SPECIAL = re.compile(
    r"[\\`*\[\]<>|#&~$]"  # code, emphasis, links, HTML, cells, headings, GitHub's formulas
    r"|(?<![^\W_])_|_(?![^\W_])"  # an underscore, but not between letters or digits
    r"|:(?=//)|(?<=\bwww)\.|(?<=\w)@(?=\w)",  # addresses, of which GitHub makes links
    re.IGNORECASE,
)

BLOCK = re.compile(r"^( ?\d*)([-+=.)])(?=[ =-]|$)")
"""What makes a list, a line or a heading of a text that begins a line."""


@jinja2.pass_context  # without it Jinja would escape constants as HTML before it calls this
def escape(_context: Context, value: object) -> Markup:
    """What a template prints of a value: just this text, whatever is in it."""
    return value if isinstance(value, Markup) else text(value)


def text(value: object) -> Markup:
    """Any text as Markdown that shows just this text."""
    line = re.sub("^ +", " ", UNPRINTED.sub(" ", str(value)))  # four would begin a block of code
    shown = SPECIAL.sub(r"\\\g<0>", line)
    return Markup(BLOCK.sub(r"\1\\\2", shown))


def code(value: object) -> Markup:
    """A word or a command as code in a table; a bar would end the cell."""
    shown = UNPRINTED.sub(" ", str(value))
    if not shown.strip():
        return Markup("")
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    pad = " " if "`" in (shown[0], shown[-1]) else ""
    return Markup(f"{fence}{pad}{shown}{pad}{fence}".replace("|", r"\|"))


def verbatim(value: object) -> Markup:
    """A line of a block of code."""
    return Markup(UNPRINTED.sub(" ", str(value)))
