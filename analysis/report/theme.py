"""The colours of pictures in the page: variables of its style, which dark mode changes."""

import re
from collections.abc import Mapping

DARK = {
    "#ffffff": "#16181b",
    "#222222": "#e6e6e6",
    "#000000": "#e6e6e6",
    "#333333": "#d5d5d5",
    "#555555": "#a3a8ad",
    "#888888": "#7d848b",
    "#d9d9d9": "#353a40",
    "#e3e3e3": "#2b3036",
    "#7b4173": "#c78fc0",
    "#0072b2": "#4aa8e0",
    "#d55e00": "#f08035",
    "#009e73": "#2fbf94",
    "#8c6d00": "#c9a227",
}
"""What a colour of the pictures becomes in dark mode; others stay."""

LINKED = re.compile(r'(\bid="|url\(#|href="#)')

PROLOG = re.compile(
    r"^.*?(?=<svg)|<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", re.DOTALL
)
"""What a picture does without in a page, which has a style of its own."""


def inline(svg: str, name: str, alt: str) -> str:
    """A picture as an element of the page; `name` keeps its ids apart from those of others.

    `alt` says what is to be seen; it must be escaped.
    """
    bare = LINKED.sub(rf"\g<1>{name}-", PROLOG.sub("", svg))
    labelled = bare.replace("<svg ", f'<svg role="img" aria-label="{alt}" ', 1)
    return re.sub("|".join(DARK), lambda colour: f"var(--{colour[0][1:]})", labelled)


def variables(dark: bool = False) -> Mapping[str, str]:
    """The names of the colours, without the dashes, and their values."""
    return {light[1:]: other if dark else light for light, other in DARK.items()}
