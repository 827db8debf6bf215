"""The report: what a study says, its page, its files, and the command that writes them."""

from analysis.report.command import main

__all__ = ["main"]
