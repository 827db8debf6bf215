"""What makes a section of the report."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analysis.sections.evidence import Evidence

Contents = dict[str, Any]
"""What a section's templates know as `section`.

`picture` is its figure as SVG. Where that is None, `no_picture` says why there is none.
"""


@dataclass(frozen=True)
class Section:
    """A section: what it computes of a study, and the Markdown that shows it.

    `make` gives the contents, or why the section is left out: a clause for the list at the end
    of the figures, empty where nobody asked for the section. `figure` is the Jinja template of
    what stands under "Figures", where there is a picture; `tables` of what stands under
    "Tables". Either may be empty. `name` is that of the picture's file too.
    """

    name: str
    make: Callable[[Evidence], Contents | str]
    figure: str = ""
    tables: str = ""
