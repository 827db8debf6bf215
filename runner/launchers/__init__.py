"""Launchers: how the jobs of a sweep are spread over stacks, processes and machines."""

from runner.launchers.remote import check

__all__ = ["check"]
