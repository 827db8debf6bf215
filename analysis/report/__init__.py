"""The report: what a study says, its page, its files, and the command that writes them.

Start with `findings`, all that it says, and `verdicts`, the sentences it opens with.
"""

from analysis.report.command import main

__all__ = ["main"]
