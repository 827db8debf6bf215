"""What makes a section of the report."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analysis.sections.evidence import Evidence

Contents = dict[str, Any]
"""What a section's templates know as `section`.

`picture` is its figure as SVG. Where that is None, `no_picture` says why there is none.
"""


PLACES = ("opening", "figures", "appendix")
"""Where figures stand, in the order of the page."""


@dataclass(frozen=True)
class Section:
    """A section: what it computes of a study, and the Markdown that shows it.

    `make` gives the contents, or why the section is left out: a clause for the list at the end
    of the appendix, empty where nobody asked for the section. `figure` is the Jinja template of
    what shows the picture, where there is one, and `place` where it stands: in the "opening"
    below the verdicts, among the "figures", or in the "appendix". `tables` is the template of what
    stands under "Tables". Either may be empty. `name` is that of the picture's file too.
    """

    name: str
    make: Callable[[Evidence], Contents | str]
    figure: str = ""
    tables: str = ""
    place: str = "figures"

    @property
    def templates(self) -> dict[str, str]:
        """The templates by the part of the page that they stand in."""
        return {self.place: self.figure, "tables": self.tables}
