"""The report: what a study says, its page, its files, and the command that writes them.

Start with `answer`, the sentences it opens with, and `findings`, all that it says.
"""

from analysis.report.command import main

__all__ = ["main"]
